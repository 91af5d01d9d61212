import type { Database } from 'better-sqlite3';
import { FULL_TEXT } from '../fleet/shapes.ts';
import { FullTextRows } from './full-text-rows.ts';
import type { FormatReal } from './row-encoding.ts';
import { TableAccess } from './table-access.ts';

/** The tables of one open database, each with its prepared statements. */
export class OpenTables {
  readonly #db: Database;
  readonly #formatReal: FormatReal;
  readonly #tables = new Map<string, TableAccess>();
  #fullText: FullTextRows | null = null;

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

  /** The full-text index that triggers keep of a table; null: there is none. */
  fullText(table: string): FullTextRows | null {
    if (table !== FULL_TEXT.table) return null;
    this.#fullText ??= new FullTextRows(this.#db, this.#formatReal);
    return this.#fullText;
  }

  /** Its columns have changed. */
  forget(table: string): void {
    this.#tables.delete(table);
  }

  /** What is remembered of rows and columns may have been taken back. */
  forgetAll(): void {
    this.#tables.clear();
    this.#fullText = null;
  }
}
