import Database from 'better-sqlite3';
import { messageOf } from '../errors.ts';
import type { CheckId } from '../evidence/checks.ts';

/** SQLite says so when the bytes of a file are not as they should be. Everything else is our machine's or our own fault. */
const DAMAGE =
  /^SQLITE_(CORRUPT|NOTADB|ERROR|FORMAT|SCHEMA|MISMATCH|TOOBIG|CANTOPEN_CORRUPT|IOERR_SHORT_READ)/;

/** What came of reading something that may be damaged. */
export type Attempt<T> =
  | { readonly value: T }
  /** The file is damaged: a finding. */
  | { readonly damage: string }
  /** Nobody knows: inconclusive. */
  | { readonly thrown: string };

/** Reads, and tells a damaged file from a fault of the harness or its machine. */
export function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { value: read() };
  } catch (error) {
    const message = messageOf(error);
    return error instanceof Database.SqliteError && DAMAGE.test(error.code)
      ? { damage: message }
      : { thrown: message };
  }
}

/** A check that threw: inconclusive, never pass. */
export interface ThrownCheck {
  readonly check: CheckId;
  readonly error: string;
}
