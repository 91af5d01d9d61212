import type { Database, Statement } from 'better-sqlite3';
import { hash } from 'node:crypto';
import type { SqlValue } from '../fleet/field-values.ts';
import { quoteIdentifier, rowKeySql, tableShape } from '../ledger/digest.ts';
import type { TableShape } from '../ledger/digest.ts';
import { PlainTable } from './plain-table.ts';
import { encodeRow } from './row-encoding.ts';
import type { FormatReal, StoredValue } from './row-encoding.ts';

/** A row as SQLite has stored it. */
export interface StoredRow {
  readonly key: string;
  readonly hash: string;
}

/** Rows of one table whose hash is remembered, so that an update need not read the row twice. */
const REMEMBERED_MAX = 1024;

/**
 * Writes rows and reads them back as SQLite has stored them, so that the ledger notes what is there, not what was
 * meant. Lives as long as its handle, and no longer than the first write that the database refuses.
 */
export class TableAccess {
  readonly #db: Database;
  readonly #shape: TableShape;
  readonly #formatReal: FormatReal;
  readonly #plain: PlainTable;
  readonly #keyColumn: string;
  readonly #selects = new Map<string, Statement>();
  readonly #remembered = new Map<SqlValue, StoredRow>();

  constructor(db: Database, table: string, formatReal: FormatReal) {
    this.#db = db;
    this.#shape = tableShape(db, table);
    this.#formatReal = formatReal;
    this.#plain = new PlainTable(db, table, this.#shape.columns);
    // A key of several columns does not name a row by its first one; the rowid does.
    this.#keyColumn = this.#shape.key.length === 1 ? (this.#shape.key[0] ?? 'rowid') : 'rowid';
  }

  /** Inserts a row that gives the columns in order. Columns beyond, which were added later, are NULL. */
  insert(values: readonly SqlValue[]): StoredRow {
    const rowid = this.#plain.insert(values);
    // An AUTOINCREMENT key is not given: it is the rowid.
    const key = values[this.#shape.columns.indexOf(this.#keyColumn)] ?? rowid;
    const row = this.#read(key);
    if (row === null) throw new Error(`${this.#shape.table}: a row that was inserted is not there`);
    this.#remember(key, row);
    return row;
  }

  /** Changes columns of the row with this key. Null when there is none. */
  update(
    id: string,
    columns: readonly string[],
    values: readonly SqlValue[],
  ): { readonly before: StoredRow; readonly after: StoredRow } | null {
    const before = this.#remembered.get(id) ?? this.#read(id);
    this.#plain.update(this.#keyColumn, id, columns, values);
    const after = this.#read(id);
    if (before === null || after === null) return null;
    this.#remember(id, after);
    return { before, after };
  }

  /** Deletes the rows whose column has this value, and returns them. */
  delete(column: string, value: SqlValue): StoredRow[] {
    const rows = this.#select(column).all(value);
    this.#plain.delete(column, value);
    if (column === this.#keyColumn) this.#remembered.delete(value);
    else this.#remembered.clear();
    return rows.map((row) => this.#stored(row));
  }

  #remember(key: SqlValue, row: StoredRow): void {
    this.#remembered.set(key, row);
    if (this.#remembered.size <= REMEMBERED_MAX) return;
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest);
      return;
    }
  }

  #read(key: SqlValue): StoredRow | null {
    const row = this.#select(this.#keyColumn).get(key);
    return row === undefined ? null : this.#stored(row);
  }

  #select(column: string): Statement {
    let statement = this.#selects.get(column);
    if (statement === undefined) {
      const columns = this.#shape.columns.map(quoteIdentifier).join(', ');
      const where = column === 'rowid' ? column : quoteIdentifier(column);
      statement = this.#db
        .prepare(
          `SELECT ${columns}, ${rowKeySql(this.#shape)} FROM ${quoteIdentifier(this.#shape.table)} WHERE ${where} = ?`,
        )
        .raw()
        .safeIntegers();
      this.#selects.set(column, statement);
    }
    return statement;
  }

  #stored(row: unknown): StoredRow {
    const values = row as StoredValue[];
    const encoded = encodeRow(this.#shape, values, this.#formatReal);
    return { key: values[this.#shape.columns.length] as string, hash: hash('sha256', encoded, 'hex') };
  }
}
