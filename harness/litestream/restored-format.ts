import type { ReplicatedDatabase } from './bucket-layout.ts';
import type { ListedObject } from './listed-object.ts';
import type { RestoreRule } from './version.ts';

/** The two layouts of a replica: generations of Litestream 0.3, LTX files of 0.5. */
export type ReplicaFormat = 'generations' | 'ltx';

/** The format that holds the newer state: the one that was updated last, of equals LTX. Null: neither is there. */
export function newerFormat({ generations, ltx }: ReplicatedDatabase): ReplicaFormat | null {
  const objects = generations.flatMap(({ snapshots, segments }) => [...snapshots, ...segments]);
  if (objects.length === 0) return ltx.length === 0 ? null : 'ltx';
  return newestMs(objects) > newestMs(ltx) ? 'generations' : 'ltx';
}

/**
 * Whether every object of 0.3 is newer than the last LTX file. Of a database that was born on 0.5 and taken back that is so; of one
 * that was upgraded first, only its old objects having been copied over themselves makes it so, and then they hold the older state.
 */
export function mayBeRenewed({ generations, ltx }: ReplicatedDatabase): boolean {
  const times = generations.flatMap(({ snapshots, segments }) =>
    [...snapshots, ...segments].map(({ modifiedAt }) => modifiedAt.getTime()),
  );
  if (times.length === 0 || ltx.length === 0) return false;
  const lastLtxMs = newestMs(ltx);
  return times.every((time) => time > lastLtxMs);
}

/** When the newest object of a database was written, whatever its format; milliseconds since 1970, 0 without any. */
export function lastUpdateMs({ generations, ltx }: ReplicatedDatabase): number {
  return newestMs([...generations.flatMap(({ snapshots, segments }) => [...snapshots, ...segments]), ...ltx]);
}

/** The format that a restore by this rule takes, whatever the other one holds. Null: it finds nothing to restore. */
export function formatTaken(database: ReplicatedDatabase, rule: RestoreRule): ReplicaFormat | null {
  if (rule === 'newer') return newerFormat(database);
  return database[rule].length === 0 ? null : rule;
}

function newestMs(objects: readonly ListedObject[]): number {
  let newest = 0;
  for (const { modifiedAt } of objects) newest = Math.max(newest, modifiedAt.getTime());
  return newest;
}
