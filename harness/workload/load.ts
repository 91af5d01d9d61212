import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { monotonicUs } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { PlannedChange } from '../scenario/changes.ts';
import type { RecordMix } from '../scenario/plan.ts';
import type { LivingFleet } from './living-fleet.ts';
import { pickOperation } from './mix.ts';
import { isLocked } from './refusal.ts';
import type { Session } from './session.ts';
import { pickShaped } from './shape-operations.ts';
import { carryOut } from './tenant-operations.ts';

export interface LoadOptions {
  readonly session: Session;
  readonly fleet: LivingFleet;
  /** The only writes that apps see; absent: the ordinary mix. */
  readonly recordMix?: RecordMix | undefined;
  /** This writer's, in time. */
  readonly changes: readonly PlannedChange[];
  readonly writesPerSecond: number;
  readonly durationMs: number;
  /** The load ends when this is aborted. */
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
  /** Called between two writes, at each turn of the event loop: the place for what is not a write of the schedule. */
  readonly onTurn?: () => void;
}

/** After this long at work without a pause, the event loop gets a turn: stdin must be heard. */
const SLICE_US = 10_000;
/** The longest sleep between two looks at the clock. */
const SLEEP_MS_MAX = 20;

/**
 * Writes at the given rate, open loop: the n-th write is due n / rate after the start, however long the ones before it
 * took. A writer that is behind goes on without a pause and drops none. Returns when all due writes are done.
 */
export async function runLoad(options: LoadOptions): Promise<void> {
  const { session, fleet, changes, writesPerSecond, durationMs, signal } = options;
  const startUs = monotonicUs();
  const intervalUs = 1_000_000 / writesPerSecond;
  const writesTotal = Math.floor((durationMs / 1000) * writesPerSecond);
  let written = 0;
  let changed = 0;
  let sliceUs = startUs;
  while (!signal.aborted) {
    options.onTurn?.();
    const nowUs = monotonicUs();
    const writeDueUs = written < writesTotal ? Math.round(startUs + written * intervalUs) : Infinity;
    const change = changes[changed];
    const changeDueUs = change === undefined ? Infinity : Math.round(startUs + change.atMs * 1000);
    const dueUs = Math.min(writeDueUs, changeDueUs);
    if (dueUs === Infinity) return;
    if (dueUs > nowUs) {
      options.onProgress();
      await sleep(Math.min(SLEEP_MS_MAX, Math.max(1, Math.floor((dueUs - nowUs) / 1000))));
      sliceUs = monotonicUs();
    } else if (nowUs - sliceUs > SLICE_US) {
      options.onProgress();
      await setImmediate();
      sliceUs = monotonicUs();
    } else if (change !== undefined && changeDueUs <= writeDueUs) {
      session.due(changeDueUs);
      carryOut(session, fleet, change);
      changed++;
    } else {
      written += writeOnce(options, writeDueUs);
    }
  }
}

/** One operation. Returns its writes: each takes one place in the schedule, so that the rate is one of writes. */
function writeOnce({ session, fleet, recordMix }: LoadOptions, dueUs: number): number {
  const path = fleet.pick(session.random);
  if (path === null) return 1;
  const before = session.acknowledged + session.refused;
  session.due(dueUs);
  try {
    const database = session.pool.open(path);
    const operation =
      pickShaped(session, database, recordMix) ?? pickOperation(path, session.random, recordMix);
    operation(session, database);
  } catch (error) {
    // Whoever holds the file for longer than the busy timeout keeps also readers out: RustBaas would answer with an error.
    if (!isLocked(error)) throw error;
    session.turnedAway(path, messageOf(error));
  }
  return Math.max(1, session.acknowledged + session.refused - before);
}
