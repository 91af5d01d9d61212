import type { ListedObject } from './listed-object.ts';

/** Objects of either line: below generations/ of 0.3, or in a level folder of 0.5. */
const REPLICA =
  /^(.*?)\/?(?:generations\/[0-9a-f]{16}\/(?:snapshots|wal)\/[^/]+|[0-9a-f]{4}\/[0-9a-f]{16}-[0-9a-f]{16}\.ltx)$/;

/**
 * Every replica in a listing, wherever it lies: the key that its objects are below, and how many they are. Unlike
 * `databasesInBucket` it asks nobody where a replica should be, so that one in the wrong place is found as well.
 */
export function replicasIn(
  objects: readonly Pick<ListedObject, 'key'>[],
): { readonly at: string; readonly objects: number }[] {
  const counts = new Map<string, number>();
  for (const { key } of objects) {
    const at = REPLICA.exec(key)?.[1];
    if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  return [...counts]
    .map(([at, count]) => ({ at, objects: count }))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1));
}
