import { writeSync } from 'node:fs';
import { DrillError, messageOf } from '../errors.ts';
import type { LedgerRecord } from './records.ts';

/** Where a writer's records go. */
export interface LedgerFile {
  append(record: LedgerRecord): void;
}

/**
 * The ledger behind an open descriptor (append mode). Each record is on its way to the disk when `append` returns:
 * the kernel has it, and no SIGKILL of this process can take it back.
 */
export function ledgerFile(descriptor: number): LedgerFile {
  return {
    append: (record) => writeLine(descriptor, JSON.stringify(record)),
  };
}

function writeLine(descriptor: number, line: string): void {
  const text = `${line}\n`;
  try {
    const written = writeSync(descriptor, text);
    if (written === Buffer.byteLength(text)) return;
    // A nearly full disk took a part of the line: the next call then says why, or takes the rest.
    const bytes = Buffer.from(text);
    for (let done = written; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
  } catch (error) {
    throw new DrillError('DRILL_E_WRITER_FAILED', {
      what: 'A record could not be written to the ledger.',
      why: messageOf(error),
      fix: 'Free space where the run directory lies, then run the drill again.',
      exit: 3,
      cause: error,
    });
  }
}
