import { reasonOf, SupervisorError } from './failure.ts';
import { Lease, type LeaseOptions, within } from './lease.ts';
import { type LeaseRecord, silentAfterMs, takeOverAfterMs } from './lease-record.ts';
import type { SeenLease } from './lease-store.ts';

/** What an operator has said about the present holder. */
export interface Word {
  /** `supervise --take-over`: I want it, whoever has it. */
  readonly takeOver: boolean;
  /** `drill restore` into this folder: the host that held this version is dead. `seenAtMs` null: seen by another clock. */
  readonly restored: { readonly etag: string; readonly seenAtMs: number | null } | null;
  /** Of the lease under which this directory was replicated last; null: of none. */
  readonly lastEpoch: number | null;
}

/**
 * Takes the lease of a prefix; null: `stop` came first. Throws DRILL_E_SUPERVISOR_LEASED when its holder lives, and
 * DRILL_E_SUPERVISOR_STALE when somebody else has had it since this directory was replicated: its databases are older than what
 * is in the bucket, and would become the newest there. Only an operator knows better.
 *
 * - There is none, it was given back, or it is this very supervisor's from before a crash: at once.
 * - Its holder is silent, and an operator has called it dead: once it has been silent for longer than a renewal takes. A
 *   restore's own look counts as the beginning of that, so that a recovery waits for next to nothing.
 * - Its holder is silent: once it must have stopped by its own clock.
 * - It is renewed while we look: its holder lives. Refused; with `--take-over` it is taken all the same, and nothing is
 *   started before the other has noticed or its lease is over.
 */
export async function takeLease(options: LeaseOptions, word: Word, stop: AbortSignal): Promise<Lease | null> {
  const { clock, owner, log, timing } = options;
  let seen = await look(options, stop);
  let sinceMs = clock.nowMs();
  const restored = word.restored !== null && word.restored.etag === seen?.etag ? word.restored : null;
  if (restored?.seenAtMs != null) sinceMs = Math.min(sinceMs, restored.seenAtMs);
  let calledDead = word.takeOver || restored !== null;
  const isFree = (lease: SeenLease | null): boolean =>
    lease === null || lease.record.released || lease.record.owner === owner;
  tellWait(options, seen, isFree(seen), calledDead);
  while (!stop.aborted) {
    const silentMs = clock.nowMs() - sinceMs;
    if (isFree(seen) || silentMs >= patienceMs(seen, calledDead)) {
      if (seen !== null && !calledDead && hasPassedBy(seen.record, owner, word)) throw stale(seen.record);
      const taken = await attempt(options, seen);
      if (taken !== null) return announced(options, taken, seen);
    } else {
      await clock.sleep(Math.min(LOOK_MS, timing.renewMs / 4), stop);
    }
    const again = await look(options, stop);
    if (again?.etag === seen?.etag) continue;
    if (!isFree(again) && again !== null) {
      if (!word.takeOver) throw leased(again.record);
      log.write('warn', 'the holder of the lease lives; it is taken from it', facts(again.record));
      const seized = await attempt(options, again);
      if (seized !== null) return await awaitSilence(options, seized, again.record, stop);
    }
    seen = again;
    sinceMs = clock.nowMs();
    calledDead = word.takeOver;
  }
  return null;
}

/** Whether somebody else has held the lease since this directory was last replicated. */
function hasPassedBy({ epoch, owner }: LeaseRecord, ours: string, { lastEpoch }: Word): boolean {
  return owner !== ours && lastEpoch !== null && epoch > lastEpoch;
}

const LOOK_MS = 500;
const LOOK_LIMIT_MS = 5000;
/** A store that has just passed the preflight and then says nothing for this long is out of order. */
const SILENT_STORE_MS = 30_000;

function patienceMs(seen: SeenLease | null, calledDead: boolean): number {
  if (seen === null) return 0;
  const { durationMs, renewMs } = seen.record;
  const expiredMs = takeOverAfterMs(durationMs);
  return calledDead ? Math.min(silentAfterMs(renewMs), expiredMs) : expiredMs;
}

/** A write that gets no answer may have been done all the same: the next look tells. */
async function attempt(options: LeaseOptions, seen: SeenLease | null): Promise<Lease | null> {
  try {
    return await Lease.take(options, seen);
  } catch (error) {
    options.log.write('warn', 'the lease could not be taken', { error: reasonOf(error) });
    await options.clock.sleep(LOOK_MS);
    return null;
  }
}

async function look(options: LeaseOptions, stop: AbortSignal): Promise<SeenLease | null> {
  const { clock, store } = options;
  const giveUpMs = clock.nowMs() + SILENT_STORE_MS;
  for (;;) {
    try {
      return await within(options, LOOK_LIMIT_MS, (signal) => store.read(signal));
    } catch (error) {
      if (stop.aborted || clock.nowMs() >= giveUpMs) throw unreadable(error);
      await clock.sleep(LOOK_MS, stop);
    }
  }
}

/** Keeps the lease that was taken from a living holder until that one can no longer be writing. */
async function awaitSilence(
  options: LeaseOptions,
  lease: Lease,
  before: LeaseRecord,
  stop: AbortSignal,
): Promise<Lease | null> {
  const { clock } = options;
  const silent = new AbortController();
  const untilMs = clock.nowMs() + takeOverAfterMs(before.durationMs);
  const waited = clock.sleep(untilMs - clock.nowMs(), stop).then(() => silent.abort());
  const nothing = { extend: idle, fence: idle, resume: idle, doubt: () => undefined };
  const other = await lease.keep(nothing, silent.signal);
  if (other !== null) throw leased(other);
  await waited;
  if (!stop.aborted) return announced(options, lease, null);
  await lease.release();
  return null;
}

async function idle(): Promise<void> {
  await Promise.resolve();
}

function tellWait({ log }: LeaseOptions, seen: SeenLease | null, isFree: boolean, calledDead: boolean): void {
  if (seen === null || isFree) return;
  log.write('warn', 'another supervisor has the lease; looking whether it lives', {
    ...facts(seen.record),
    calledDead,
    waitMs: Math.round(patienceMs(seen, calledDead)),
  });
}

function announced({ log }: LeaseOptions, lease: Lease, from: SeenLease | null): Lease {
  const before = from === null || from.record.released ? {} : { takenFrom: from.record.host };
  log.write('info', 'the lease is taken', { ...lease.status(), ...before });
  return lease;
}

function facts({ owner, epoch, host, dataDir, since, renewedAt }: LeaseRecord) {
  return { owner, epoch, host, dataDir, since, renewedAt };
}

/** The error that a supervisor ends with when another one has the lease. */
export function leased(other: LeaseRecord): SupervisorError {
  return new SupervisorError('DRILL_E_SUPERVISOR_LEASED', {
    what: `another host replicates to this prefix: ${other.host}, ${other.dataDir}, since ${other.since}`,
    why: `it renews its lease in the bucket (epoch ${other.epoch}, last ${other.renewedAt} by its own clock)`,
    fix: 'stop the supervisor there, or choose another prefix; --take-over takes the prefix from it',
    exit: 3,
  });
}

function stale(other: LeaseRecord): SupervisorError {
  return new SupervisorError('DRILL_E_SUPERVISOR_STALE', {
    what: `another host has replicated to this prefix since this one did: ${other.host}, ${other.dataDir}, since ${other.since}`,
    why: `what was written there (epoch ${other.epoch}) is not in the databases here, and a restore would give back these older ones`,
    fix: 'restore the fleet from the bucket into a new folder and start there; --take-over replicates this one all the same',
    exit: 3,
  });
}

function unreadable(error: unknown): SupervisorError {
  return new SupervisorError('DRILL_E_STORE_UNREACHABLE', {
    what: 'cannot read the lease in the bucket',
    why: reasonOf(error),
    fix: 'check AWS_ENDPOINT_URL_S3 and that the service runs',
    exit: 3,
    cause: error,
  });
}
