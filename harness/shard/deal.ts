import { durationMs, type Scenario } from '../scenario/schema.ts';

/** A drill as far as the dealing out is concerned. */
export interface Dealt {
  readonly drillId: string;
  readonly expectedMs: number;
}

/**
 * Deals drills out to shards: longest first, each to the shard with the least to do. Depends on nothing but ids and
 * expected durations, so that every machine deals the same by itself. The ids of each shard are in the order of the plan.
 */
export function deal(drills: readonly Dealt[], count: number): string[][] {
  const hands = Array.from({ length: count }, () => ({ ids: new Set<string>(), expectedMs: 0 }));
  for (const { drillId, expectedMs } of drills.toSorted(longestFirst)) {
    const idlest = hands.reduce((least, hand) => (hand.expectedMs < least.expectedMs ? hand : least));
    idlest.ids.add(drillId);
    idlest.expectedMs += expectedMs;
  }
  return hands.map(({ ids }) => drills.map(({ drillId }) => drillId).filter((id) => ids.has(id)));
}

/** Ties by id, by code units: the machine's language must not matter. */
function longestFirst(a: Dealt, b: Dealt): number {
  return b.expectedMs - a.expectedMs || (a.drillId < b.drillId ? -1 : 1);
}

/** Store, host, and what else every drill has to start and to end. */
const SETTING_UP_MS = 6000;
const PER_DATABASE_MS = 60;
/** Seeded, copied, restored and read: 37 to 105 s of lock-page's 1,040 MiB. */
const PER_BULK_MB_MS = 50;

/** How long a drill may take, from its scenario alone: history would differ from machine to machine. */
export function expectedDurationMs({ fleet, workload, supervisor, recovery }: Scenario): number {
  const databases = 1 + fleet.realms * (1 + fleet.appsPerRealm);
  const untilProtectedMs = supervisor.replicateIntervalSec * 500;
  const perDatabaseMs = recovery.secondLife ? PER_DATABASE_MS : PER_DATABASE_MS / 2;
  return Math.round(
    SETTING_UP_MS +
      durationMs(workload.duration) * 0.8 +
      untilProtectedMs * (recovery.secondLife ? 2 : 1) +
      databases * perDatabaseMs +
      (fleet.shapes?.bulkMb ?? 0) * PER_BULK_MB_MS,
  );
}
