import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { DrillError, messageOf } from '../errors.ts';
import { vocabularyFor } from '../fleet/vocabulary.ts';
import type { LedgerFile } from '../ledger/ledger-file.ts';
import { randomFor } from '../random.ts';
import type { Plan } from '../scenario/plan.ts';
import type { BlobBackend } from './blob-backend.ts';
import { runFirstWrites } from './first-writes.ts';
import { HandlePool } from './handle-pool.ts';
import { LivingFleet } from './living-fleet.ts';
import { runLoad } from './load.ts';
import type { WriterLine, WriterOptions } from './options.ts';
import { obey, type Order } from './orders.ts';
import { realFormatter } from './row-encoding.ts';
import { Session } from './session.ts';
import { TrackedDatabase } from './tracked-database.ts';

export interface WriterInputs {
  readonly options: WriterOptions;
  readonly plan: Plan;
  readonly ledger: LedgerFile;
  /** Left out: blobs lie beside the databases. */
  readonly blobs?: BlobBackend;
  /** Fulfilled when the load may begin. */
  readonly started: Promise<void>;
  /** Orders that have come and are not carried out yet; left out: none can come. */
  readonly orders?: Order[];
  /** Aborted when the writer has to end. */
  readonly ended: AbortSignal;
  readonly say: (line: WriterLine) => void;
}

const PROGRESS_INTERVAL_US = 250_000;

/** A writer's whole life: open, wait for the start, write, idle with open handles until it is told to end. */
export async function runWriter(inputs: WriterInputs): Promise<void> {
  const { options, ledger, started, ended, say, blobs } = inputs;
  const { dataDir, ledgerDir = '', writerIndex, life, mode, predecessors = 0, guest } = options;
  const plan = guest === undefined ? inputs.plan : guestPlan(inputs.plan, writerIndex, guest.paths);
  const shared = options.shared ? { by: guest?.by ?? '', holdMs: guest?.holdMs ?? 0 } : undefined;
  const { walAutocheckpointPages } = plan;
  const ofEach = { life, ledger, formatReal: realFormatter(), shared, walAutocheckpointPages };
  const pool = new HandlePool(
    (path, account) => new TrackedDatabase({ ...ofEach, file: join(dataDir, path), path, account }),
  );
  const session = new Session({
    dataDir,
    ledgerDir,
    seed: plan.seed,
    writerIndex,
    life,
    predecessors,
    random: randomFor(plan.seed, `writer/${writerIndex}/${life}${'/next'.repeat(predecessors)}`),
    vocabulary: vocabularyFor(plan.seed),
    pool,
    ledger,
    blobBytes: plan.blobBytes,
    ...(blobs === undefined ? {} : { blobs }),
    recordBytes: plan.recordBytes,
    largeBlobBytes: plan.largeBlobBytes,
  });
  try {
    if (mode === 'load') openAll(pool, plan, writerIndex);
    if (predecessors > 0) takeUp(pool, plan, writerIndex, ledger);
    say({ ready: true, atUs: monotonicUs() });
    await started;
    if (mode === 'load') await load(session, { ...inputs, plan });
    else await firstWrites(session, options, ended, say);
    await idleUntil(ended);
    await session.blobs.drained();
  } finally {
    pool.closeAll();
  }
  ledger.append({ t: 'end', at: monotonicUs() });
}

/** What is left of a plan for a process that is not the application: records in some apps. */
function guestPlan(plan: Plan, writerIndex: number, paths: readonly string[]): Plan {
  return {
    ...plan,
    databases: plan.databases
      .filter(({ path }) => paths.includes(path))
      .map((database) => ({ ...database, writer: writerIndex, idle: false })),
    changes: [],
    recordMix: { create: 1, update: 0, delete: 0 },
  };
}

/** Opens every database once, so that a missing one is met before the load and not in its middle. */
function openAll(pool: HandlePool, plan: Plan, writerIndex: number): void {
  for (const { path, writer } of plan.databases) {
    if (writer !== writerIndex) continue;
    try {
      pool.open(path);
    } catch (error) {
      throw new DrillError('DRILL_E_WRITER_FAILED', {
        what: `Writer ${writerIndex} cannot open ${path}.`,
        why: messageOf(error),
        fix: 'Look at the host folder: a database of the plan is missing or damaged before the load.',
        exit: 3,
        cause: error,
      });
    }
  }
}

/** Notes where the predecessor was killed in each database, as the databases themselves have it. */
function takeUp(pool: HandlePool, plan: Plan, writerIndex: number, ledger: LedgerFile): void {
  for (const { path, writer } of plan.databases) {
    if (writer !== writerIndex) continue;
    const { seq } = pool.open(path).account;
    ledger.append({ t: 'taken-up', db: path, seq, at: monotonicUs() });
  }
}

async function load(session: Session, inputs: WriterInputs): Promise<void> {
  const { options, plan, ended: signal, say, orders = [] } = inputs;
  const { writerIndex, writesPerSecond, durationMs, predecessors = 0 } = options;
  const fleet = new LivingFleet(plan, writerIndex);
  const tell = (): void => say({ acknowledged: session.acknowledged, refused: session.refused });
  let toldUs = monotonicUs();
  await runLoad({
    session,
    fleet,
    recordMix: plan.recordMix,
    changes: plan.changes.filter(({ writer }) => writer === writerIndex && predecessors === 0),
    writesPerSecond,
    durationMs,
    signal,
    onProgress: () => {
      const nowUs = monotonicUs();
      if (nowUs - toldUs < PROGRESS_INTERVAL_US) return;
      toldUs = nowUs;
      tell();
    },
    onTurn: () => {
      for (let order = orders.shift(); order !== undefined; order = orders.shift())
        say(obey(session, fleet, order));
    },
  });
  tell();
}

async function firstWrites(
  session: Session,
  options: WriterOptions,
  signal: AbortSignal,
  say: (line: WriterLine) => void,
): Promise<void> {
  const { acknowledged, failed } = await runFirstWrites(session, options.paths ?? [], signal);
  say({ firstWrites: acknowledged, failed });
}

function idleUntil(ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ended.aborted) resolve();
    else ended.addEventListener('abort', () => resolve(), { once: true });
  });
}
