import { FRAME_HEADER, WAL_HEADER } from '../litestream/wal-end.ts';
import { stateSeq } from './state-page.ts';

/** A commit of the workload in a WAL: the byte at which it ends, and the number of its write. */
export interface Commit {
  readonly end: number;
  readonly seq: number;
}

export interface WalContents {
  /** Of its header, as hex: another WAL has others. */
  readonly salts: string;
  readonly commits: readonly Commit[];
}

/**
 * The writes that a WAL, or Litestream 0.3's copy of one, holds: every write changes the page of `_drill_state`, whose number is
 * `statePage`, in its own commit. Frames of an earlier WAL behind the end are not read. Null: no WAL.
 */
export function commitsInWal(wal: Buffer, statePage: number): WalContents | null {
  if (wal.length < WAL_HEADER) return null;
  const pageBytes = wal.readUInt32BE(8);
  const salts = wal.toString('hex', 16, 24);
  const frameBytes = FRAME_HEADER + pageBytes;
  const commits: Commit[] = [];
  let seq: number | null = null;
  for (let at = WAL_HEADER; at + frameBytes <= wal.length; at += frameBytes) {
    if (wal.toString('hex', at + 8, at + 16) !== salts) break;
    if (wal.readUInt32BE(at) === statePage) {
      seq = stateSeq(wal.subarray(at + FRAME_HEADER, at + frameBytes)) ?? seq;
    }
    const isCommit = wal.readUInt32BE(at + 4) > 0;
    if (!isCommit) continue;
    if (seq !== null && seq !== commits.at(-1)?.seq) commits.push({ end: at + frameBytes, seq });
    seq = null;
  }
  return { salts, commits };
}
