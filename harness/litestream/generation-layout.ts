import type { ListedObject } from './listed-object.ts';

/** Where Litestream 0.3 keeps a database in the bucket: `<path>/generations/<id>/{snapshots,wal}/…`. */

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

/** What the name of a generation's object says. `offset` null: a snapshot. */
export interface GenerationKey {
  readonly path: string;
  readonly generation: string;
  readonly index: number;
  readonly offset: number | null;
}

/**
 * The generation that `litestream restore` 0.3 takes: the one with the newest object; of equals the first by name
 * (`CalcRestoreTarget`). It need not be the one that is being written.
 */
export function restoredGeneration(generations: readonly Generation[]): Generation | null {
  let best: { generation: Generation; newestMs: number } | null = null;
  for (const generation of generations) {
    let newestMs = 0;
    for (const { modifiedAt } of [...generation.snapshots, ...generation.segments]) {
      newestMs = Math.max(newestMs, modifiedAt.getTime());
    }
    if (best === null || newestMs > best.newestMs) best = { generation, newestMs };
  }
  return best?.generation ?? null;
}

/** The generation that a restore of 0.3 backups by Litestream 0.5 takes: the one with the newest snapshot (`RestoreV3`). */
export function generationOfNewestSnapshot(generations: readonly Generation[]): Generation | null {
  let best: { generation: Generation; newestMs: number } | null = null;
  for (const generation of generations) {
    for (const { modifiedAt } of generation.snapshots) {
      const newestMs = modifiedAt.getTime();
      if (best === null || newestMs >= best.newestMs) best = { generation, newestMs };
    }
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

const KEY =
  /^(.+)\/generations\/([0-9a-f]{16})\/(?:snapshots\/([0-9a-f]{8})\.snapshot|wal\/([0-9a-f]{8})_([0-9a-f]{8})\.wal)\.lz4$/;

/** What a key below the fleet's prefix says, or null when it is no object of a generation. */
export function parseGenerationKey(name: string): GenerationKey | null {
  const match = KEY.exec(name);
  if (match === null) return null;
  const [, path = '', generation = '', snapshot, index = '', offset = ''] = match;
  return snapshot === undefined
    ? { path, generation, index: Number.parseInt(index, 16), offset: Number.parseInt(offset, 16) }
    : { path, generation, index: Number.parseInt(snapshot, 16), offset: null };
}
