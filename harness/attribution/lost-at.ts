import type { LostAt, LostRun } from '../evidence/database.ts';
import type { Commit } from './wal-commits.ts';

/** How far a database had come at each place. A write up to `upTo` is there; one above it and not above `atMost` may be. */
export interface Reach {
  readonly upTo: number;
  readonly atMost: number;
}

/** Whether it is known to a write how far. */
export function isExact({ upTo, atMost }: Reach): boolean {
  return upTo === atMost;
}

export interface Places {
  readonly disk: Reach;
  readonly staged: Reach;
  readonly uploaded: Reach;
}

/** Where no write is. Seeded rows count as write 0. */
export const NOTHING: Reach = { upTo: -1, atMost: -1 };

/** A place in a database's WAL files: byte `offset` of the WAL number `wal`, counted up. */
export interface WalPlace {
  readonly wal: number;
  readonly offset: number;
}

export interface KnownWal {
  readonly wal: number;
  readonly commits: readonly Commit[];
}

/** A database that has lost its writes in more pieces than this is told by counts alone. */
const MOST_RUNS = 1000;

/** Parts lost writes by the furthest place that each had come to: how many were at each, and which. */
export function partLostWrites(
  lostWrites: readonly number[],
  places: Places,
): { readonly lostAt: LostAt; readonly lostRuns?: LostRun[] } {
  const lostAt = { wal: 0, staged: 0, unreachable: 0, nowhere: 0, unclear: 0 };
  const lostRuns: LostRun[] = [];
  for (const seq of lostWrites.toSorted((a, b) => a - b)) {
    const place = placeOf(seq, places);
    lostAt[place]++;
    const last = lostRuns.at(-1);
    if (last?.place === place && last.to + 1 === seq) last.to = seq;
    else lostRuns.push({ place, from: seq, to: seq });
  }
  return lostRuns.length > MOST_RUNS ? { lostAt } : { lostAt, lostRuns };
}

function placeOf(seq: number, { disk, staged, uploaded }: Places): keyof LostAt {
  if (seq <= uploaded.upTo) return 'unreachable';
  if (seq <= uploaded.atMost) return 'unclear';
  if (seq <= staged.upTo) return 'staged';
  if (seq <= staged.atMost) return 'unclear';
  if (seq <= disk.upTo) return 'wal';
  return seq <= disk.atMost ? 'unclear' : 'nowhere';
}

/**
 * The last write at or before a place. `wals` are those that could be read, in order; what lies before the first of them is known
 * only to end where it begins.
 */
export function reachAt(wals: readonly KnownWal[], place: WalPlace, disk: Reach): Reach {
  const known = wals.flatMap(({ wal, commits }) => commits.map((commit) => ({ wal, ...commit })));
  const before = known.findLast(
    ({ wal, end }) => wal < place.wal || (wal === place.wal && end <= place.offset),
  );
  if (before !== undefined) return { upTo: before.seq, atMost: before.seq };
  const after = known[0];
  const last = after === undefined ? disk.upTo : after.seq - 1;
  const isKnown = wals[0] !== undefined && place.wal >= wals[0].wal;
  return isKnown ? { upTo: last, atMost: last } : { upTo: -1, atMost: last };
}
