import { type LtxHeader, localFiles, ltxHeader } from '../litestream/local-ltx.ts';
import type { LtxObject } from '../litestream/ltx-layout.ts';
import type { DeadDatabase } from './dead-database.ts';
import { NOTHING, type Reach, reachAt } from './lost-at.ts';
import type { ReadObject } from './places.ts';

/** The WAL that the dead disk still has; whatever Litestream took from an earlier one is before it. */
const PRESENT = 1;
const EARLIER = 0;

/** Litestream 0.5 writes in the header of each LTX file up to which byte of which WAL it reaches. */
export async function ltxPlaces(
  file: string,
  dead: DeadDatabase,
  ltx: readonly LtxObject[],
  readObject: ReadObject,
): Promise<{ staged: Reach; uploaded: Reach }> {
  const disk = { upTo: dead.seq, atMost: dead.seq };
  const wals = dead.wal === null ? [] : [{ wal: PRESENT, commits: dead.wal.commits }];
  const reach = (header: LtxHeader | null): Reach =>
    header === null
      ? { upTo: -1, atMost: dead.seq }
      : reachAt(
          wals,
          { wal: header.salts === dead.wal?.salts ? PRESENT : EARLIER, offset: header.end },
          disk,
        );
  const local = localFiles(file);
  const last = local.at(-1);
  const staged = last === undefined ? NOTHING : reach(last.header());
  const newest = ltx.toSorted((a, b) => a.maxTxid - b.maxTxid || b.level - a.level).at(-1);
  if (newest === undefined) return { staged, uploaded: NOTHING };
  const own = local.find(({ txid }) => txid === newest.maxTxid);
  return { staged, uploaded: reach(own?.header() ?? (await headerInBucket(newest, readObject))) };
}

/** Merged files and snapshots say nothing of the WAL. */
async function headerInBucket({ key, level }: LtxObject, readObject: ReadObject): Promise<LtxHeader | null> {
  const body = level === 0 ? await readObject(key) : null;
  return body === null ? null : ltxHeader(Buffer.from(body));
}
