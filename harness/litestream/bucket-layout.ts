/** Where Litestream 0.3 keeps a database in the bucket: `<path>/generations/<id>/{snapshots,wal}/…`. */

/** What a listing says of one object. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

export interface SnapshotObject extends ListedObject {
  readonly index: number;
}

/** A run of WAL bytes that starts at `offset` of WAL file `index`. Its end is not in the key: the body is compressed. */
export interface SegmentObject extends ListedObject {
  readonly index: number;
  readonly offset: number;
}

export interface Generation {
  readonly id: string;
  /** By index. */
  readonly snapshots: readonly SnapshotObject[];
  /** By index, then offset. */
  readonly segments: readonly SegmentObject[];
}

export interface ReplicatedDatabase {
  /** Path relative to data_dir, as in the key below the prefix. */
  readonly path: string;
  readonly generations: readonly Generation[];
}

/** Every database below the prefix, sorted by path. Objects that are not Litestream's are left out. */
export function databasesInBucket(objects: readonly ListedObject[], prefix: string): ReplicatedDatabase[] {
  const base = keyBase(prefix);
  const found = new Map<string, Map<string, Parts>>();
  for (const object of objects) {
    const parsed = parseKey(object.key, base);
    if (parsed === null) continue;
    const generations = getOrAdd(found, parsed.path, () => new Map<string, Parts>());
    const parts = getOrAdd(generations, parsed.generation, () => ({ snapshots: [], segments: [] }));
    if (parsed.offset === null) parts.snapshots.push({ ...object, index: parsed.index });
    else parts.segments.push({ ...object, index: parsed.index, offset: parsed.offset });
  }
  return [...found]
    .map(([path, generations]) => ({ path, generations: sortedGenerations(generations) }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The key prefix of a fleet with its closing slash; empty for the bucket's root. */
export function keyBase(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

/**
 * The generation that `litestream restore` 0.3 takes: the one with the newest object; of equals the first by name
 * (`CalcRestoreTarget`). It need not be the one that is being written.
 */
export function restoredGeneration(database: ReplicatedDatabase): Generation | null {
  let best: { generation: Generation; newestMs: number } | null = null;
  for (const generation of database.generations) {
    let newestMs = 0;
    for (const { modifiedAt } of [...generation.snapshots, ...generation.segments]) {
      newestMs = Math.max(newestMs, modifiedAt.getTime());
    }
    if (best === null || newestMs > best.newestMs) best = { generation, newestMs };
  }
  return best?.generation ?? null;
}

/** The snapshot that a restore starts from: the newest; of equals the lowest index (`SnapshotIndexAt`). */
export function restoredSnapshot(generation: Generation): SnapshotObject | null {
  let best: SnapshotObject | null = null;
  for (const snapshot of generation.snapshots) {
    if (best === null || snapshot.modifiedAt.getTime() > best.modifiedAt.getTime()) best = snapshot;
  }
  return best;
}

/** The segments that a restore applies on top of a snapshot. */
export function segmentsFrom(generation: Generation, snapshot: SnapshotObject): SegmentObject[] {
  return generation.segments.filter((segment) => segment.index >= snapshot.index);
}

/**
 * The first hole that the keys alone give away: an index that is missing or does not begin at 0. Null: none. A segment
 * missing in the middle of an index is not visible here; its neighbours' lengths would have to be read.
 */
export function firstGap(segments: readonly SegmentObject[], fromIndex: number): string | null {
  let index = fromIndex - 1;
  for (const segment of segments) {
    if (segment.index === index) continue;
    if (segment.index !== index + 1) return `WAL ${hex(index + 1)} is missing`;
    if (segment.offset !== 0) return `WAL ${hex(segment.index)} lacks its beginning`;
    index = segment.index;
  }
  return null;
}

/** Index or offset as Litestream writes it. */
export function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

interface Parts {
  snapshots: SnapshotObject[];
  segments: SegmentObject[];
}

const KEY =
  /^(.+)\/generations\/([0-9a-f]{16})\/(?:snapshots\/([0-9a-f]{8})\.snapshot|wal\/([0-9a-f]{8})_([0-9a-f]{8})\.wal)\.lz4$/;

function parseKey(key: string, base: string) {
  if (!key.startsWith(base)) return null;
  const match = KEY.exec(key.slice(base.length));
  if (match === null) return null;
  const [, path = '', generation = '', snapshot, index = '', offset = ''] = match;
  return snapshot === undefined
    ? { path, generation, index: Number.parseInt(index, 16), offset: Number.parseInt(offset, 16) }
    : { path, generation, index: Number.parseInt(snapshot, 16), offset: null };
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
