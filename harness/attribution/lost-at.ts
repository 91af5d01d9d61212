import type { LostAt } from '../evidence/database.ts';
import type { Commit } from './wal-commits.ts';

/** How far a database had come at each place. A write up to `upTo` is there; one above it and not above `atMost` may be. */
export interface Reach {
  readonly upTo: number;
  readonly atMost: number;
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

/** Parts lost writes by the furthest place that each had come to. */
export function partLostWrites(lostWrites: readonly number[], { disk, staged, uploaded }: Places): LostAt {
  const counts = { wal: 0, staged: 0, unreachable: 0, nowhere: 0, unclear: 0 };
  for (const seq of lostWrites) {
    if (seq <= uploaded.upTo) counts.unreachable++;
    else if (seq <= uploaded.atMost) counts.unclear++;
    else if (seq <= staged.upTo) counts.staged++;
    else if (seq <= staged.atMost) counts.unclear++;
    else if (seq <= disk.upTo) counts.wal++;
    else if (seq <= disk.atMost) counts.unclear++;
    else counts.nowhere++;
  }
  return counts;
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
