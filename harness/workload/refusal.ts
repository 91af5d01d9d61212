import Sqlite from 'better-sqlite3';

/** Result codes with which SQLite says that it will not do a right statement now. */
const REFUSALS = [
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_READONLY',
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  'SQLITE_CANTOPEN',
];

/** Whether an error means "not written", as against a mistake of the writer's, which must not pass for one. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && REFUSALS.some((code) => error.code.startsWith(code));
}

/** Whether it was refused because somebody else holds a lock. */
export function isLocked(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}
