import type { Database } from 'better-sqlite3';

/** Time a statement waits for a lock, as RustBaas sets it. */
export const BUSY_TIMEOUT_MS = 5000;

/**
 * RustBaas' own pragmas, said explicitly: better-sqlite3's build has other defaults than sqlx. Page size, automatic
 * checkpoints and vacuum stay at SQLite's defaults, as they do there. `walAutocheckpointPages`: an application that was
 * told otherwise; it belongs to the connection and not to the file, so each has to say it.
 */
export function applyPragmas(db: Database, walAutocheckpointPages?: number): void {
  // The timeout first: going to WAL mode may have to wait for a lock.
  db.exec(
    `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL;` +
      ' PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;',
  );
  if (walAutocheckpointPages !== undefined) db.pragma(`wal_autocheckpoint = ${walAutocheckpointPages}`);
}

/**
 * For seeding only: nothing runs on the fleet yet and a crash means seeding anew, so no journal and no fsync. Neither
 * stays in the file. `pageBytes`: another page size than SQLite's default.
 */
export function applySeedingPragmas(db: Database, pageBytes?: number): void {
  // Before anything is written: later it takes a VACUUM.
  if (pageBytes !== undefined) db.pragma(`page_size = ${pageBytes}`);
  db.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA foreign_keys = ON;');
}

/** Turns a seeded file into the WAL database that RustBaas would have left. */
export function finishSeeding(db: Database): void {
  db.exec('PRAGMA journal_mode = WAL;');
}
