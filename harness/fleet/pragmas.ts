import type { Database } from 'better-sqlite3';

/** Time a statement waits for a lock, as RustBaas sets it. */
export const BUSY_TIMEOUT_MS = 5000;

/**
 * RustBaas' own pragmas, said explicitly: better-sqlite3's build has other defaults than sqlx. Page size, automatic
 * checkpoints and vacuum stay at SQLite's defaults, as they do there.
 */
export function applyPragmas(db: Database): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
}

/**
 * For seeding only: nothing runs on the fleet yet and a crash means seeding anew, so no fsync. Only the WAL mode
 * stays in the file.
 */
export function applySeedingPragmas(db: Database): void {
  db.pragma('synchronous = OFF');
  db.pragma('journal_mode = WAL');
  db.pragma('foreign_keys = ON');
}
