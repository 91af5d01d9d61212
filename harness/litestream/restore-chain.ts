import type { ReplicatedDatabase } from './bucket-layout.ts';
import { restoredGeneration, restoredSnapshot, segmentsFrom } from './generation-layout.ts';
import type { ListedObject } from './listed-object.ts';
import { ltxRestorePlan, sharingWith } from './ltx-layout.ts';

/** The objects that a restore to the newest state reads, in that order; empty: it has nothing to begin with. */
export function restoreChain({ ltx, generations }: ReplicatedDatabase): readonly ListedObject[] {
  if (ltx.length > 0) return ltxRestorePlan(ltx)?.files ?? [];
  const generation = restoredGeneration(generations);
  const snapshot = generation === null ? null : restoredSnapshot(generation);
  return generation === null || snapshot === null ? [] : [snapshot, ...segmentsFrom(generation, snapshot)];
}

/**
 * The keys without which nothing of an object of the chain can be read: its own and, with Litestream 0.5, those of the files on
 * every level that hold some of the same transactions.
 */
export function keysOfRange({ ltx }: ReplicatedDatabase, { key }: ListedObject): readonly string[] {
  const file = ltx.find((one) => one.key === key);
  return file === undefined ? [key] : sharingWith(ltx, file).map((one) => one.key);
}

/** Where in a chain an object lies that is to be damaged. */
export type ChainPosition = 'first' | 'middle' | 'last' | 'each';

/**
 * The object at this place of a chain; null: the chain is too short for it, or empty. `each`: the one of database `index` of `count`,
 * so that together they go from the first to the last. `from`: as many objects at the beginning stay out of it.
 */
export function objectAt(
  chain: readonly ListedObject[],
  position: ChainPosition,
  { index, count, from }: { readonly index: number; readonly count: number; readonly from: number },
): ListedObject | null {
  const places = chain.slice(from);
  // With one object the first, the middle and the last would be the same. Over many databases some may have few: Litestream 0.5
  // merges what it has every 30 s of the clock.
  if (position !== 'each' && places.length < 3) return null;
  const last = places.length - 1;
  const place = {
    first: 0,
    middle: Math.floor(last / 2),
    last,
    each: Math.round((last * index) / Math.max(1, count - 1)),
  }[position];
  return places[place] ?? null;
}
