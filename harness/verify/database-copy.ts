import { copyFileSync, linkSync, mkdtempSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Pages are read where the kernel has them: half of `integrity_check` is copying otherwise. */
export const MMAP_BYTES = 2 ** 31 - 65_536;

/**
 * Opens a restored file for reading, alone in a folder of its own: no `-wal` that lies beside it is applied, and the
 * ones SQLite makes for a WAL database do not come to lie there. The folder holds a hard link, or a copy where the
 * file system has none.
 */
export function withDatabase<T>(file: string, scratchDir: string, use: (db: Database.Database) => T): T {
  const folder = mkdtempSync(join(scratchDir, 'db-'));
  try {
    const alone = join(folder, 'alone.db');
    linkOrCopy(file, alone);
    const db = new Database(alone, { readonly: true, fileMustExist: true });
    try {
      db.pragma(`mmap_size = ${MMAP_BYTES}`);
      return use(db);
    } finally {
      db.close();
    }
  } finally {
    // One by one: removing a folder with whatever is in it takes longer than reading a small database.
    for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
    rmdirSync(folder);
  }
}

/** A hard link, or a copy where the file system has none. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
