import type { Evidence } from '../evidence.ts';
import type { DatabaseEvidence } from '../evidence/database.ts';

type Utc = (us: number | null) => string | null;

/** Phases, stages and databases in UTC, from the monotonic clock: wall time is a label, durations are measured. */
export function timelineOf(evidence: Evidence) {
  const startMs = Date.parse(evidence.startedAt);
  const utc: Utc = (us) =>
    us === null ? null : new Date(startMs + (us - evidence.startUs) / 1000).toISOString();
  const { parallelism: _, ...stages } = evidence.recovery;
  return {
    drillId: evidence.drillId,
    clock: 'CLOCK_MONOTONIC of one machine; UTC derived from the wall clock at the start',
    clockUncertaintyMs: evidence.clockUncertaintyMs,
    // Our clock minus the store's; null: not measured.
    storeClockSkewMs: evidence.store.clockSkewMs ?? null,
    phases: evidence.timeline.map(({ phase, startUs, endUs }) => ({
      phase,
      startedAt: utc(startUs),
      endedAt: utc(endUs),
      durationMs: (endUs - startUs) / 1000,
    })),
    disruptedAt: utc(evidence.kill?.atUs ?? null),
    // Nobody is asked in a drill: the recovery begins as soon as the host is found dead.
    declaredAt: utc(evidence.recovery.detectedUs),
    // Of its rows, by the verification; that the file is sound was looked at before, as a part of its restore.
    firstReadAt: utc(firstReadUs(evidence)),
    recovery: Object.fromEntries(
      Object.entries(stages).map(([name, us]) => [name.replace(/Us$/, 'At'), utc(us)]),
    ),
    databases: evidence.databases.map((database) => instantsOf(database, utc)),
  };
}

function firstReadUs({ databases }: Evidence): number | null {
  const reads = databases.flatMap(({ verified }) => (verified === null ? [] : [verified.startUs]));
  return reads.length === 0 ? null : Math.min(...reads);
}

/** When one database was back, read through, written to again and protected again; then its second restore. */
function instantsOf({ path, epoch, restore, verified, second }: DatabaseEvidence, utc: Utc) {
  return {
    database: path,
    epoch,
    restore: spanOf(restore, utc),
    verification: spanOf(verified, utc),
    firstWriteAt: utc(second?.firstWriteUs ?? null),
    protectedAgainAt: utc(second?.protectedUs ?? null),
    secondRestore: spanOf(second?.restore ?? null, utc),
    secondVerification: spanOf(second?.verified ?? null, utc),
  };
}

function spanOf(work: { readonly startUs: number; readonly endUs: number } | null, utc: Utc) {
  if (work === null) return null;
  return {
    startedAt: utc(work.startUs),
    endedAt: utc(work.endUs),
    durationMs: (work.endUs - work.startUs) / 1000,
  };
}
