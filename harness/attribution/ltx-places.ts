import { type LtxHeader, localFiles, ltxHeader } from '../litestream/local-ltx.ts';
import type { LtxObject } from '../litestream/ltx-layout.ts';
import { pageInLtx } from '../litestream/ltx-pages.ts';
import type { DeadDatabase } from './dead-database.ts';
import { isExact, NOTHING, type Reach, reachAt } from './lost-at.ts';
import type { ReadObject } from './places.ts';
import { stateSeq } from './state-page.ts';

/** The WAL that the dead disk still has; whatever Litestream took from an earlier one is before it. */
const PRESENT = 1;
const EARLIER = 0;

/** Every commit of the drill writes the page that is looked for, so that the newest files have it. */
const MOST_READ = 50;

/**
 * Litestream 0.5 writes in the header of each LTX file up to which byte of which WAL it reaches. Of a WAL that has begun anew
 * since, the dead disk tells nothing: then the number of the last write is read in the files themselves.
 */
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
  const local = localFiles(file).toReversed();
  const objects = ltx.toSorted((a, b) => b.maxTxid - a.maxTxid || a.level - b.level);
  const [last] = local;
  const [newest] = objects;
  const staged = last === undefined ? NOTHING : reach(last.header());
  const own = local.find(({ txid }) => txid === newest?.maxTxid);
  const uploaded =
    newest === undefined ? NOTHING : reach(own?.header() ?? (await headerInBucket(newest, readObject)));
  return {
    staged: isExact(staged) ? staged : await reachIn(local, ({ bytes }) => bytes(), dead),
    uploaded: isExact(uploaded) ? uploaded : await reachIn(objects, ({ key }) => readObject(key), dead),
  };
}

/** The last write in files, newest first. One that cannot be read may have had later ones than the first that can. */
async function reachIn<File>(
  files: readonly File[],
  read: (file: File) => Promise<Uint8Array | null> | Uint8Array | null,
  { statePage, seq: last }: DeadDatabase,
): Promise<Reach> {
  let isWhole = true;
  for (const file of files.slice(0, MOST_READ)) {
    const seq = seqIn(await read(file), statePage);
    if (seq === 'unreadable') isWhole = false;
    else if (seq !== null) return { upTo: seq, atMost: isWhole ? seq : last };
  }
  return { upTo: -1, atMost: last };
}

/** null: no commit of the drill is in it. */
function seqIn(body: Uint8Array | null, statePage: number): number | null | 'unreadable' {
  if (body === null) return 'unreadable';
  try {
    const page = pageInLtx(Buffer.from(body), statePage);
    return page === null ? null : stateSeq(page);
  } catch {
    return 'unreadable';
  }
}

/** Merged files and snapshots say nothing of the WAL. */
async function headerInBucket({ key, level }: LtxObject, readObject: ReadObject): Promise<LtxHeader | null> {
  const body = level === 0 ? await readObject(key) : null;
  return body === null ? null : ltxHeader(Buffer.from(body));
}
