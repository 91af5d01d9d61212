import type { DatabaseHistory } from '../ledger/history.ts';
import type { Random } from '../random.ts';

/** A write that had just been acknowledged. */
export interface Instant {
  readonly path: string;
  readonly seq: number;
  readonly atUs: number;
}

/** When a database may be asked for an instant; null: never. */
export type Window = (path: string) => { readonly fromUs: number; readonly toUs: number } | null;

/**
 * Instants evenly across the window: it is cut into as many pieces as are wanted, and in each a database is drawn, then one
 * of its writes. By sequence and not by clock: an instant between two writes says nothing about either. In a piece
 * without a write one from anywhere is taken. Fewer only where there is no write at all. Oldest first.
 */
export function drawInstants(
  histories: readonly DatabaseHistory[],
  windowOf: Window,
  count: number,
  random: Random,
): Instant[] {
  const all = histories.flatMap((history) => candidatesOf(history, windowOf));
  if (all.length === 0) return [];
  const instants = all.map(({ atUs }) => atUs);
  const fromUs = instants.reduce((least, atUs) => Math.min(least, atUs));
  const toUs = instants.reduce((most, atUs) => Math.max(most, atUs));
  const pieceUs = (toUs - fromUs) / count;
  const pieces = Map.groupBy(all, ({ atUs }) =>
    pieceUs === 0 ? 0 : Math.min(count - 1, Math.floor((atUs - fromUs) / pieceUs)),
  );
  return Array.from({ length: count }, (_, piece) => pick(pieces.get(piece) ?? all, random)).toSorted(
    (a, b) => a.atUs - b.atUs,
  );
}

function candidatesOf({ path, writes, deletedUs, base }: DatabaseHistory, windowOf: Window): Instant[] {
  const window = windowOf(path);
  // Of a path with two lives it is not said which of them was protected.
  if (window === null || deletedUs !== null || base.epoch !== 1) return [];
  return writes.flatMap(({ seq, fate, atUs }) =>
    fate === 'acknowledged' && atUs !== null && atUs >= window.fromUs && atUs <= window.toUs
      ? [{ path, seq, atUs }]
      : [],
  );
}

/** The database first: a busy one must not take them all. */
function pick(candidates: readonly Instant[], random: Random): Instant {
  const byPath = Map.groupBy(candidates, ({ path }) => path);
  return random.pick(byPath.get(random.pick([...byPath.keys()].toSorted())) ?? candidates);
}
