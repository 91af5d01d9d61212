import { constants, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { commitsInWal, type WalContents } from './wal-commits.ts';

/** A longer WAL is not read into memory. */
const LONGEST_WAL_BYTES = 1 << 30;

/** What the lost disk still says of one database. */
export interface DeadDatabase {
  /** Number of the last write in the file and its WAL. */
  readonly seq: number;
  /** Page of the in-band state. */
  readonly statePage: number;
  /** null: there is no WAL, or none that can be read. */
  readonly wal: WalContents | null;
}

/** Reads a database of the lost disk without changing anything there. Null: it is not there, or is no database of the drill's. */
export function readDeadDatabase(file: string, scratchDir: string): DeadDatabase | null {
  if (!existsSync(file)) return null;
  const folder = mkdtempSync(join(scratchDir, 'dead-'));
  try {
    const state = stateOf(file, folder);
    return state === null ? null : { ...state, wal: readWal(`${file}-wal`, state.statePage) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The writes in a WAL, or in a copy of one. Null: no WAL, or a longer one than is read. */
export function readWal(file: string, statePage: number): WalContents | null {
  if (!existsSync(file) || statSync(file).size > LONGEST_WAL_BYTES) return null;
  return commitsInWal(readFileSync(file), statePage);
}

/** On a copy: opening a database brings its WAL in order, and leaves files beside it. */
function stateOf(file: string, folder: string): Pick<DeadDatabase, 'seq' | 'statePage'> | null {
  const copy = join(folder, 'copy.db');
  copyFileSync(file, copy, constants.COPYFILE_FICLONE);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE);
  const db = new Database(copy);
  try {
    const seq: unknown = db.prepare('SELECT seq FROM _drill_state').pluck().get();
    const page: unknown = db
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = '_drill_state'")
      .pluck()
      .get();
    return typeof seq === 'number' && typeof page === 'number' ? { seq, statePage: page } : null;
  } catch {
    return null; // a damaged file, or none of ours
  } finally {
    db.close();
  }
}
