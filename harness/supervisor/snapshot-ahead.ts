import { databasesInBucket, type ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { keyBase } from '../litestream/listed-object.ts';
import { localTxid } from '../litestream/local-ltx.ts';
import { type LtxObject, ltxKey } from '../litestream/ltx-layout.ts';
import { discover } from './discover.ts';
import type { Basis } from './run.ts';

/**
 * Litestream 0.5 goes on after the newest file of level 0 and looks at no other level (`checkDatabaseBehindReplica` of 0.5.17). A
 * snapshot, though, is made of what lies beside the database, and may be in the bucket before the last files of level 0 are.
 * When the host dies in between, the next one gives the snapshot's transaction ids away a second time: a restore begins
 * with the old snapshot, takes the new files up to its end for known, and loses or mixes what they hold, exit code 0.
 * So, before Litestream starts without a past of its own, the furthest file is put on level 0 as well, under its last id.
 */
export async function raiseLevelZero(basis: Basis): Promise<void> {
  const { binary, client, config, files, options } = basis;
  if (binary.line !== '0.5') return;
  const base = keyBase(config.prefix);
  const inBucket = new Map(
    databasesInBucket(await client.list(base), config.prefix).map((found) => [found.path, found]),
  );
  const raised: string[] = [];
  for (const { path, file } of discover(files.dataDir, config.prefix, binary.line).databases) {
    const furthest = furthestAboveLevelZero(inBucket.get(path));
    if (furthest === null || (localTxid(file) ?? 0) >= furthest.maxTxid) continue;
    // Litestream opens the file of its present position by that one id. Inside it keeps its own range, which may overlap.
    const key = ltxKey({ path, level: 0, minTxid: furthest.maxTxid, maxTxid: furthest.maxTxid });
    await client.put(`${base}${key}`, await client.get(furthest.key));
    raised.push(path);
  }
  if (raised.length === 0) return;
  options.log.write('warn', 'the last host died between a snapshot and what it was made of', {
    count: raised.length,
    databases: raised.slice(0, 20),
  });
}

/** The file that reaches further than all of level 0; null: there is none. */
function furthestAboveLevelZero(found: ReplicatedDatabase | undefined): LtxObject | null {
  let furthest: LtxObject | null = null;
  for (const file of found?.ltx ?? []) {
    const isFurther = furthest === null || file.maxTxid > furthest.maxTxid;
    // Of equals the one on level 0: then nothing is missing there.
    if (isFurther || (file.maxTxid === furthest?.maxTxid && file.level === 0)) furthest = file;
  }
  return furthest?.level === 0 ? null : furthest;
}
