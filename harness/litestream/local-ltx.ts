import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metaFolder } from './local-position.ts';
import { indexedEnd, readStart, WAL_HEADER, type WalIndex, walIndex } from './wal-end.ts';

/**
 * A place in a database's history as Litestream 0.5 counts it: byte `offset` of the WAL with these salts, written after
 * the LTX file `txid`, or in it.
 */
export interface LtxPosition {
  readonly txid: number;
  readonly salts: string;
  readonly offset: number;
}

/** The newest LTX file that Litestream has written beside the database, null before it has written one. */
export function localTxid(file: string): number | null {
  return localFiles(file).at(-1)?.txid ?? null;
}

/**
 * Where the database stands now: every commit so far lies at or before the answer. Null before Litestream 0.5 has begun
 * with it, and while nobody has it open.
 *
 * Never call this in a process that has the same database open with SQLite: closing any descriptor of a file drops
 * the POSIX locks that the process holds on it.
 */
export function ltxPosition(file: string): LtxPosition | null {
  const txid = localTxid(file);
  const real = txid === null ? null : indexedEnd(file);
  return txid === null || real === null ? null : { txid, ...real };
}

/**
 * The first LTX file that holds everything up to a position of the same WAL; null: none has been written yet. A file of
 * another WAL proves nothing here: it may be of the database that lay at this path before.
 */
export function txidReaching(file: string, { txid, salts, offset }: LtxPosition): number | null {
  const later = localFiles(file).filter((one) => one.txid >= txid);
  return later.find((one) => reaches(one, salts, offset))?.txid ?? null;
}

/** The same, or else the first file of a later WAL: Litestream goes on to that only when it has the former's last commit. */
export function txidAfter(file: string, position: LtxPosition): number | null {
  const reaching = txidReaching(file, position);
  if (reaching !== null) return reaching;
  const later = localFiles(file).filter((one) => one.txid > position.txid);
  const ofLaterWal = (one: LocalFile): boolean => {
    const header = one.header();
    return header !== null && header.salts !== position.salts;
  };
  return later.find(ofLaterWal)?.txid ?? null;
}

/**
 * Whether a Litestream that is started now may not see a commit, and does not know. It takes a WAL that has begun anew for
 * the next one when the frame that it copied last still lies in it, although more may have been committed to the former
 * one after that frame; those pages are missing from then on, and a restore gives back a malformed file, with exit code 0 (seen on
 * 0.5.17). It cannot happen when nothing of the former WAL was left to copy, nor while a reader keeps the WAL from
 * beginning anew: `before` is its index before that reader began.
 */
export function mayMissCommits(file: string, before: WalIndex | null): boolean {
  const last = localFiles(file).at(-1);
  if (last === undefined) return false; // It begins with a snapshot.
  const copied = last.header();
  const now = walIndex(file);
  if (copied === null || now === null || copied.salts !== now.salts) return true;
  // A reader of frames that are all in the database file reads that one, and holds nothing back.
  const isHeld = before !== null && before.salts === now.salts && now.backfilled < before.frames;
  return copied.end < now.offset && !isHeld;
}

/** What an LTX file says of the WAL that it was made from: which one, and up to which byte. */
export interface LtxHeader {
  readonly salts: string;
  readonly end: number;
}

export interface LocalFile {
  readonly txid: number;
  /** null: deleted by Litestream's own retention since the folder was read, or too short. */
  readonly header: () => LtxHeader | null;
  /** All of it; null: deleted meanwhile. */
  readonly bytes: () => Buffer | null;
}

const NAME = /^[0-9a-f]{16}-([0-9a-f]{16})\.ltx$/;
const HEADER_BYTES = 100;

/** LTX files of level 0 that lie beside a database, by transaction. */
export function localFiles(file: string): LocalFile[] {
  const folder = join(metaFolder(file), 'ltx', '0');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    // Litestream has not begun with this database, or it was removed under our eyes.
    return [];
  }
  return names
    .flatMap((name) => {
      const max = NAME.exec(name)?.[1];
      return max === undefined
        ? []
        : [
            {
              txid: Number.parseInt(max, 16),
              header: () => headerOf(join(folder, name)),
              bytes: () => bytesOf(join(folder, name)),
            },
          ];
    })
    .toSorted((a, b) => a.txid - b.txid);
}

function reaches(one: LocalFile, salts: string, offset: number): boolean {
  const header = one.header();
  return header !== null && header.salts === salts && header.end >= Math.max(offset, WAL_HEADER);
}

function headerOf(file: string): LtxHeader | null {
  try {
    return ltxHeader(readStart(file, HEADER_BYTES));
  } catch {
    return null;
  }
}

function bytesOf(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}

/** The part of an LTX file's first 100 bytes that tells of its WAL; null: it is shorter. */
export function ltxHeader(bytes: Buffer): LtxHeader | null {
  if (bytes.length < HEADER_BYTES) return null;
  const end = Number(bytes.readBigUInt64BE(48) + bytes.readBigUInt64BE(56));
  return { salts: bytes.toString('hex', 64, 72), end };
}
