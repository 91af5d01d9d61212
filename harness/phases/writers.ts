import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { ownProgram } from '../litestream/own-program.ts';
import { DrillError } from '../errors.ts';
import type { RunningHost } from '../host/host.ts';
import type { S3Settings } from '../store/s3-client.ts';
import { waitFor } from '../waiting.ts';
import type { WriterLine, WriterOptions } from '../workload/options.ts';
import type { OrderAnswer, orderSchema } from '../workload/orders.ts';
import type { DrillContext } from './context.ts';

const WRITER = ownProgram('../workload/writer-process.ts', import.meta.url);
const READY_TIMEOUT_MS = 60_000;
/** A checkpoint may wait for locks, 5 s in each database. */
const ORDER_TIMEOUT_MS = 60_000;

export type FirstWrites = Extract<WriterLine, { firstWrites: number }>;

/** Writers on the host, as many as the scenario wants, and what they say. */
export interface Writers {
  readonly names: readonly string[];
  ready(): number;
  acknowledged(): number;
  /** What each has said of that, by the ledger file in which it noted it before; it goes on as they speak. */
  readonly relayed: ReadonlyMap<string, number>;
  /** What became of the first writes; null while they go on. */
  firstWrites(): FirstWrites | null;
  /** It is about to be ended on purpose, by this signal: until it is started again its absence is no failure. */
  expectEnd(name: string, signal: string): void;
  /** Whether that is how it ended; any other end was not ordered. */
  isExpected(name: string, signal: string | null): boolean;
  /** A successor of one that was ended takes up its databases, and writes for so long. Ends when it has begun. */
  startAgain(name: string, durationMs: number): Promise<void>;
  /** Has the databases of a writer dealt with; null: no answer in time. */
  order(name: string, order: z.input<typeof orderSchema>): Promise<OrderAnswer | null>;
}

/** Starts writer processes and waits until all have opened their databases. */
export async function startWriters(
  drill: DrillContext,
  host: RunningHost,
  options: readonly WriterOptions[],
  ledgerDir: string,
  /** RustBaas' own credential for the blobs; null: it needs none. */
  blobBucket: S3Settings | null = null,
): Promise<Writers> {
  const { signal } = drill.order;
  const heard = listenTo(host);
  const expected = new Map<string, string>();
  const byName = new Map(options.map((option) => [`writer-${option.writerIndex}`, { ...option }]));
  const start = async (name: string, option: WriterOptions): Promise<void> => {
    const { life, writerIndex, predecessors = 0 } = option;
    const optionsFile = join(host.paths.folder, `${name}.json`);
    await writeFile(optionsFile, JSON.stringify({ ...option, ledgerDir }));
    // A line that a killed one has left half done must not run into those of its successor, which is read after it.
    const file = `writer-${writerIndex + predecessors * options.length}.ndjson`;
    heard.files.set(name, file);
    host.start({
      name,
      argv: [process.execPath, WRITER, optionsFile],
      shell: null,
      cwd: host.paths.folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: host.paths.folder, ...credentialOf(blobBucket) },
      logFile: join(drill.paths.logs, `${name}-life-${life}.log`),
      relay: true,
      ledgerFile: join(ledgerDir, file),
    });
  };
  for (const [name, option] of byName) await start(name, option);
  const writers: Writers = {
    names: [...byName.keys()],
    ready: () => heard.ready,
    acknowledged: () => [...heard.acknowledged.values()].reduce((sum, one) => sum + one, 0),
    relayed: heard.acknowledged,
    firstWrites: () => heard.firstWrites,
    expectEnd: (name, by) => void expected.set(name, by),
    isExpected: (name, by) => by !== null && expected.get(name) === by,
    startAgain: async (name, durationMs) => {
      const option = byName.get(name);
      if (option === undefined) throw new RangeError(`there is no writer ${name}`);
      option.predecessors = (option.predecessors ?? 0) + 1;
      const before = heard.ready;
      await start(name, { ...option, durationMs });
      expected.delete(name);
      await untilReady(host, writers, before + 1, signal);
      host.input(name, 'go\n');
    },
    order: async (name, order) => {
      host.input(name, `${JSON.stringify(order)}\n`);
      return await waitFor(() => heard.answers.get(order.order) ?? null, {
        timeoutMs: ORDER_TIMEOUT_MS,
        everyMs: 10,
        signal,
      });
    },
  };
  await untilReady(host, writers, writers.names.length, signal);
  return writers;
}

/** What the writers of a host have said. */
interface Heard {
  ready: number;
  /** By ledger file: a successor counts from nought, and what the one before it has done stays. */
  readonly acknowledged: Map<string, number>;
  /** The ledger file of the writer that goes by a name now. */
  readonly files: Map<string, string>;
  firstWrites: FirstWrites | null;
  readonly answers: Map<string, OrderAnswer>;
}

function listenTo(host: RunningHost): Heard {
  const heard: Heard = {
    ready: 0,
    acknowledged: new Map(),
    files: new Map(),
    firstWrites: null,
    answers: new Map(),
  };
  host.listen((event) => {
    if (event.event !== 'line' || !event.name.startsWith('writer-')) return;
    const said = JSON.parse(event.text) as WriterLine;
    const acknowledged = (count: number): void =>
      void heard.acknowledged.set(heard.files.get(event.name) ?? event.name, count);
    if ('ready' in said) heard.ready++;
    else if ('acknowledged' in said) acknowledged(said.acknowledged);
    else if ('order' in said) heard.answers.set(said.order, said);
    else {
      heard.firstWrites = said;
      acknowledged(said.firstWrites);
    }
  });
  return heard;
}

async function untilReady(
  host: RunningHost,
  writers: Writers,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const allReady = await waitFor(
    () => {
      assertRunning(host, writers);
      return writers.ready() >= count ? true : null;
    },
    { timeoutMs: READY_TIMEOUT_MS, everyMs: 20, signal },
  );
  if (allReady === null) throw writerFailed(`not ready within ${READY_TIMEOUT_MS} ms`);
}

function credentialOf(settings: S3Settings | null): Record<string, string> {
  if (settings === null) return {};
  return { AWS_ACCESS_KEY_ID: settings.accessKeyId, AWS_SECRET_ACCESS_KEY: settings.secretAccessKey };
}

/** A writer that ends before the kill means that the load was not what the scenario says; only the leader can tell of its end. */
export function assertRunning(
  host: Pick<RunningHost, 'assertLed' | 'exitOf'>,
  writers: Pick<Writers, 'names' | 'isExpected'>,
): void {
  host.assertLed();
  for (const name of writers.names) {
    const exit = host.exitOf(name);
    if (exit !== null && !writers.isExpected(name, exit.signal))
      throw writerFailed(`${name} ended with ${exit.signal ?? `exit code ${exit.exitCode}`}`);
  }
}

function writerFailed(why: string): DrillError {
  return new DrillError('DRILL_E_WRITER_FAILED', {
    what: 'a writer did not do its work',
    why,
    fix: 'look at evidence/…/logs/writer-*.log in the run directory',
    exit: 3,
  });
}
