import type { RestoredFile } from '../evidence/instants.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { baseSeq, writeAt } from '../ledger/history-state.ts';
import { verifyDatabase } from './verify-database.ts';

export interface InstantFile {
  readonly file: string;
  readonly history: DatabaseHistory;
  /** The write that had just been acknowledged. */
  readonly seq: number;
  /** What the restore was asked for, on the monotonic clock: not later than the acknowledgement. */
  readonly askedUs: number;
  readonly scratchDir: string;
  readonly journalModeMayChange: boolean;
}

/** Holds a file that was restored to an instant against the ledger: all checks of a single database, and what is too new or lost. */
export async function holdAgainstInstant(options: InstantFile): Promise<RestoredFile> {
  const { history, seq, askedUs } = options;
  const atUs = writeAt(history, seq)?.atUs ?? history.base.at;
  const { verified, inBandSeq, lostWrites } = await verifyDatabase({ ...options, killUs: atUs });
  const recoveryPoint = verified?.recoveryPoint ?? baseSeq(history);
  const newest = Math.max(recoveryPoint, inBandSeq ?? 0);
  return {
    recoveryPoint,
    newest,
    newerByMs: newest <= seq ? 0 : Math.max(0, (begunUs(history, newest) - askedUs) / 1000),
    lostAgesMs: lostWrites
      .filter((write) => write <= seq)
      .map((write) => Math.max(0, (atUs - (writeAt(history, write)?.atUs ?? history.base.at)) / 1000)),
    findings: verified?.findings ?? [],
    thrown: verified?.thrown ?? [],
  };
}

/** A database's writes are made one after the other: this one not before the one before it had been acknowledged. */
function begunUs(history: DatabaseHistory, seq: number): number {
  return writeAt(history, seq - 1)?.atUs ?? history.base.at;
}
