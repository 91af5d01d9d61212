import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import type { Generation } from '../litestream/generation-layout.ts';

/** How Litestream is asked for an instant. */
export interface RestorePoint {
  readonly timestamp: string | null;
  readonly generation: string | null;
  /** What an operator should know of it; may be empty. */
  readonly note: string;
}

/**
 * Litestream 0.3 refuses an instant after the last object of every generation ("no matching backups found"): of an idle
 * database any instant since its last write, of a busy one those since its last upload, and whatever lies between two
 * generations. The state then is that of the last object before it, and is asked for as such.
 */
export function restorePoint(
  { generations, ltx }: ReplicatedDatabase,
  timestamp: string | null,
): RestorePoint {
  const asked = { timestamp, generation: null, note: '' };
  if (timestamp === null || ltx.length > 0) return asked;
  const atMs = Date.parse(timestamp);
  const spans = generations.map(spanOf);
  if (spans.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs)) return asked;
  const before = spans.filter(({ toMs }) => toMs < atMs).toSorted((a, b) => b.toMs - a.toMs)[0];
  if (before === undefined) return asked; // nothing is so old: Litestream says so
  const last = new Date(before.toMs).toISOString();
  return { timestamp: null, generation: before.id, note: `nothing was uploaded between ${last} and then` };
}

function spanOf({ id, snapshots, segments }: Generation): { id: string; fromMs: number; toMs: number } {
  const times = [...snapshots, ...segments].map(({ modifiedAt }) => modifiedAt.getTime());
  return {
    id,
    fromMs: times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY),
    toMs: times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY),
  };
}
