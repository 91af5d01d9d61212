import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DrillError } from '../errors.ts';
import type { RunningHost } from '../host/host.ts';
import type { S3Settings } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import type { WriterLine, WriterOptions } from '../workload/options.ts';
import { waitFor } from '../waiting.ts';
import { blobSettings } from './blob-bucket.ts';
import type { DrillContext } from './context.ts';
import { FirstSync } from './first-sync.ts';
import type { HostUnderTest } from './start-host.ts';
import { beginStoreFaults } from './store-faults.ts';
import { type TimedAction, TimedActions } from './timed-actions.ts';
import { upgradeActions } from './upgrade.ts';
import { UploadStall } from './upload-stall.ts';

const WRITER = fileURLToPath(new URL('../workload/writer-process.ts', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const PROGRESS_MS = 250;
const AWAITED_MS = 20;

export type FirstWrites = Extract<WriterLine, { firstWrites: number }>;

/** Writers on the host, as many as the scenario wants, and what they say. */
export interface Writers {
  readonly names: readonly string[];
  ready(): number;
  acknowledged(): number;
  /** What became of the first writes; null while they go on. */
  firstWrites(): FirstWrites | null;
}

/** Writes under load until the instant of the kill, chosen by the seed or by what the bucket shows. Returns at that instant, writers running. */
export async function runLoad(
  drill: DrillContext,
  store: Store,
  underTest: HostUnderTest,
  others: readonly TimedAction[] = [],
): Promise<void> {
  const { plan, scenario, order, recorder } = drill;
  const { host } = underTest;
  const { writers: count, writesPerSecond } = scenario.workload;
  const blobBucket = scenario.blobs.backend === 's3' ? blobSettings(store, store.writer) : null;
  const options = Array.from(
    { length: count },
    (_, writerIndex): WriterOptions => ({
      planPath: drill.paths.plan,
      dataDir: host.paths.dataDir,
      writerIndex,
      life: 1,
      writesPerSecond: writesPerSecond / count,
      durationMs: plan.durationMs,
      mode: 'load',
      ...(blobBucket === null ? {} : { blobBucket: withoutCredential(blobBucket) }),
    }),
  );
  const writers = await startWriters(drill, host, options, drill.paths.ledger, blobBucket);
  const awaited = awaitedInstant(drill, store);
  const startUs = order.clock.nowUs();
  drill.found.loadStartUs = startUs;
  await beginStoreFaults(drill, store, 'writer', startUs);
  for (const name of writers.names) host.input(name, 'go\n');
  const actions = new TimedActions([...upgradeActions(drill, underTest), ...others]);
  for (;;) {
    const elapsedMs = (order.clock.nowUs() - startUs) / 1000;
    const nextMs = actions.startDue(elapsedMs);
    actions.assertWell();
    recorder.progress(tenths(Math.min(elapsedMs, plan.killAfterMs)), tenths(plan.killAfterMs), 's', {
      acknowledged: writers.acknowledged(),
    });
    assertRunning(host, writers);
    if (elapsedMs >= plan.killAfterMs || awaited?.isThere === true) {
      awaited?.stop();
      return;
    }
    const lookMs = awaited === null ? PROGRESS_MS : AWAITED_MS;
    const pauseMs = Math.min(lookMs, nextMs, plan.killAfterMs - elapsedMs);
    await sleep(pauseMs, undefined, { signal: order.signal });
  }
}

/** What the disaster waits for; null: the clock alone. */
function awaitedInstant(drill: DrillContext, store: Store): FirstSync | UploadStall | null {
  const { disaster } = drill.scenario;
  if (disaster.at === 'first-sync') return drill.resources.use(new FirstSync(drill, store));
  if (disaster.at !== 'upload-stall' || disaster.uploadStall === undefined) return null;
  return drill.resources.use(new UploadStall(drill, store, disaster.uploadStall));
}

function tenths(ms: number): number {
  return Math.round(ms / 100) / 10;
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
  const acknowledged = new Map<string, number>();
  let ready = 0;
  let firstWrites: FirstWrites | null = null;
  host.listen((event) => {
    if (event.event !== 'line' || !event.name.startsWith('writer-')) return;
    const said = JSON.parse(event.text) as WriterLine;
    if ('ready' in said) ready++;
    else if ('acknowledged' in said) acknowledged.set(event.name, said.acknowledged);
    else firstWrites = said;
  });
  const names: string[] = [];
  for (const option of options) {
    const name = `writer-${option.writerIndex}`;
    const optionsFile = join(host.paths.folder, `${name}.json`);
    await writeFile(optionsFile, JSON.stringify(option));
    host.start({
      name,
      argv: [process.execPath, WRITER, optionsFile],
      shell: null,
      cwd: host.paths.folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: host.paths.folder, ...credentialOf(blobBucket) },
      logFile: join(drill.paths.logs, `${name}-life-${option.life}.log`),
      relay: true,
      ledgerFile: join(ledgerDir, `${name}.ndjson`),
    });
    names.push(name);
  }
  const writers: Writers = {
    names,
    ready: () => ready,
    acknowledged: () => [...acknowledged.values()].reduce((sum, one) => sum + one, 0),
    firstWrites: () => firstWrites,
  };
  const allReady = await waitFor(
    () => {
      assertRunning(host, writers);
      return ready >= names.length ? true : null;
    },
    { timeoutMs: READY_TIMEOUT_MS, everyMs: 20, signal: drill.order.signal },
  );
  if (allReady === null) throw writerFailed(`not ready within ${READY_TIMEOUT_MS} ms`);
  return writers;
}

function withoutCredential(settings: S3Settings): NonNullable<WriterOptions['blobBucket']> {
  const { endpoint, region, bucket, forcePathStyle } = settings;
  return { endpoint, region, bucket, forcePathStyle };
}

function credentialOf(settings: S3Settings | null): Record<string, string> {
  if (settings === null) return {};
  return { AWS_ACCESS_KEY_ID: settings.accessKeyId, AWS_SECRET_ACCESS_KEY: settings.secretAccessKey };
}

/** A writer that ends before the kill means that the load was not what the scenario says. */
export function assertRunning(host: RunningHost, writers: Pick<Writers, 'names'>): void {
  for (const name of writers.names) {
    const exit = host.exitOf(name);
    if (exit !== null)
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
