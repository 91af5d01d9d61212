import {
  type Generation,
  type GenerationKey,
  parseGenerationKey,
  type SegmentObject,
  type SnapshotObject,
} from './generation-layout.ts';
import { keyBase, type ListedObject } from './listed-object.ts';
import { byTxid, type LtxObject, parseLtxKey } from './ltx-layout.ts';

/** What a bucket holds of one database. After a change of Litestream's line it may hold both layouts. */
export interface ReplicatedDatabase {
  /** Path relative to data_dir, as in the key below the prefix. */
  readonly path: string;
  /** Of Litestream 0.3. */
  readonly generations: readonly Generation[];
  /** Of Litestream 0.5, by level and transaction id. */
  readonly ltx: readonly LtxObject[];
}

/** Every database below the prefix, sorted by path. Objects that are not Litestream's are left out. */
export function databasesInBucket(objects: readonly ListedObject[], prefix: string): ReplicatedDatabase[] {
  const base = keyBase(prefix);
  const found = new Map<string, { generations: Map<string, Parts>; ltx: LtxObject[] }>();
  const of = (path: string) =>
    getOrAdd(found, path, () => ({ generations: new Map<string, Parts>(), ltx: [] as LtxObject[] }));
  for (const object of objects) {
    if (!object.key.startsWith(base)) continue;
    const name = object.key.slice(base.length);
    const ltx = parseLtxKey(name);
    if (ltx !== null) {
      const { path, ...range } = ltx;
      of(path).ltx.push({ ...object, ...range });
      continue;
    }
    const parsed = parseGenerationKey(name);
    if (parsed !== null) addTo(of(parsed.path).generations, parsed, object);
  }
  return [...found]
    .map(([path, { generations, ltx }]) => ({
      path,
      generations: sortedGenerations(generations),
      ltx: ltx.toSorted(byTxid),
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

interface Parts {
  snapshots: SnapshotObject[];
  segments: SegmentObject[];
}

function addTo(
  generations: Map<string, Parts>,
  { generation, index, offset }: GenerationKey,
  object: ListedObject,
): void {
  const parts = getOrAdd(generations, generation, () => ({ snapshots: [], segments: [] }));
  if (offset === null) parts.snapshots.push({ ...object, index });
  else parts.segments.push({ ...object, index, offset });
}

function sortedGenerations(generations: ReadonlyMap<string, Parts>): Generation[] {
  return [...generations]
    .map(([id, { snapshots, segments }]) => ({
      id,
      snapshots: snapshots.toSorted((a, b) => a.index - b.index),
      segments: segments.toSorted((a, b) => a.index - b.index || a.offset - b.offset),
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}
