import type { Database } from 'better-sqlite3';
import type { FormatReal } from './row-encoding.ts';
import { TableAccess } from './table-access.ts';

/** The tables of one open database, each with its prepared statements. */
export class OpenTables {
  readonly #db: Database;
  readonly #formatReal: FormatReal;
  readonly #tables = new Map<string, TableAccess>();

  constructor(db: Database, formatReal: FormatReal) {
    this.#db = db;
    this.#formatReal = formatReal;
  }

  get(table: string): TableAccess {
    let access = this.#tables.get(table);
    if (access === undefined) {
      access = new TableAccess(this.#db, table, this.#formatReal);
      this.#tables.set(table, access);
    }
    return access;
  }

  /** Its columns have changed. */
  forget(table: string): void {
    this.#tables.delete(table);
  }

  /** What is remembered of rows and columns may have been taken back. */
  forgetAll(): void {
    this.#tables.clear();
  }
}
