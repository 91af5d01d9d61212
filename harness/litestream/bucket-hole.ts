import type { ReplicatedDatabase } from './bucket-layout.ts';
import { restoredGeneration, restoredSnapshot, segmentsFrom } from './generation-layout.ts';
import type { ListedObject } from './listed-object.ts';
import { sharingWith, SNAPSHOT_LEVEL } from './ltx-layout.ts';

/**
 * The keys whose removal leaves a hole in a replica: what was uploaded first at or after the instant, with later objects
 * behind it. Null: nothing can be taken out there so that a plain look at names or at the beginning would not tell.
 */
export function holeAt(database: ReplicatedDatabase, atMs: number): readonly string[] | null {
  return database.ltx.length > 0 ? holeInLtx(database, atMs) : holeInGenerations(database, atMs);
}

/** On every level: a merged file would fill the hole of the files that it was merged from. */
function holeInLtx({ ltx }: ReplicatedDatabase, atMs: number): readonly string[] | null {
  const merged = ltx.filter(({ level }) => level < SNAPSHOT_LEVEL);
  const covered = Math.max(0, ...ltx.map(({ level, maxTxid }) => (level === SNAPSHOT_LEVEL ? maxTxid : 0)));
  const end = Math.max(0, ...merged.map(({ maxTxid }) => maxTxid));
  const raw = merged.filter(
    ({ level, minTxid, maxTxid }) => level === 0 && minTxid > covered + 1 && maxTxid < end,
  );
  const hole = raw.find((file) => isFrom(file, atMs));
  if (hole === undefined) return null;
  return sharingWith(merged, hole).map(({ key }) => key);
}

/** One segment, and not the first of its WAL: that one's absence is an error to every Litestream. */
function holeInGenerations({ generations }: ReplicatedDatabase, atMs: number): readonly string[] | null {
  const generation = restoredGeneration(generations);
  const snapshot = generation === null ? null : restoredSnapshot(generation);
  if (generation === null || snapshot === null) return null;
  const segments = segmentsFrom(generation, snapshot);
  const hole = segments.slice(0, -1).find((segment) => segment.offset > 0 && isFrom(segment, atMs));
  return hole === undefined ? null : [hole.key];
}

function isFrom({ modifiedAt }: ListedObject, atMs: number): boolean {
  return modifiedAt.getTime() >= atMs;
}
