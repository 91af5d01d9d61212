import { ownProgram } from '../litestream/own-program.ts';
import { tellDatabases } from './tell-databases.ts';

const PROGRAM = ownProgram('wal-restart-process.ts', import.meta.url);

/**
 * Makes databases that took the place of others begin a new WAL. A Litestream that still had the former file open may
 * have copied the newcomer's WAL on top of the former's pages, in its shadow WAL (0.3) or an LTX file (0.5); its successor
 * would find that WAL there and go on from it, and a restore would give back a mixture, with exit code 0. Before a WAL
 * that it does not know it takes a whole snapshot. Nobody may replicate them meanwhile. Answers the files for which it was
 * done.
 */
export async function restartWals(files: readonly string[]): Promise<ReadonlySet<string>> {
  if (files.length === 0) return new Set();
  return new Set((await tellDatabases(PROGRAM, files)) as readonly string[]);
}
