import type { Database, Statement } from 'better-sqlite3';
import { hash } from 'node:crypto';
import type { SqlValue } from '../fleet/field-values.ts';
import { hasRowid, quoteIdentifier, rowKeySql, tableShape } from '../ledger/digest.ts';
import type { TableShape } from '../ledger/digest.ts';
import { equal, PlainTable } from './plain-table.ts';
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
  readonly #keyColumns: readonly string[];
  readonly #selects = new Map<string, Statement>();
  /** By what `#nameOf` makes of the key. */
  readonly #remembered = new Map<SqlValue, StoredRow>();

  constructor(db: Database, table: string, formatReal: FormatReal) {
    this.#db = db;
    this.#shape = tableShape(db, table);
    this.#formatReal = formatReal;
    this.#plain = new PlainTable(db, table, this.#shape.columns);
    // The rowid names a row as well as a key of several columns does, where there is one.
    const byKey = this.#shape.key.length === 1 || !hasRowid(db, table);
    this.#keyColumns = byKey ? this.#shape.key : ['rowid'];
  }

  /** Inserts a row that gives the columns in order. Columns beyond, which were added later, are NULL. */
  insert(values: readonly SqlValue[]): StoredRow {
    const rowid = this.#plain.insert(values);
    // A key that SQLite gives is not among the values: it is the rowid.
    const key = this.#keyColumns.map((column) => values[this.#shape.columns.indexOf(column)] ?? rowid);
    const row = this.#read(key);
    if (row === null) throw new Error(`${this.#shape.table}: a row that was inserted is not there`);
    this.#remember(key, row);
    return row;
  }

  /** Changes columns of the row with this key. Null when there is none. */
  update(
    key: readonly SqlValue[],
    columns: readonly string[],
    values: readonly SqlValue[],
  ): { readonly before: StoredRow; readonly after: StoredRow } | null {
    const before = this.#remembered.get(nameOf(key)) ?? this.#read(key);
    this.#plain.update(this.#keyColumns, key, columns, values);
    const after = this.#read(key);
    if (before === null || after === null) return null;
    this.#remember(key, after);
    return { before, after };
  }

  /** Deletes the row with this key. Null when there is none. */
  deleteRow(key: readonly SqlValue[]): StoredRow | null {
    const row = this.#remembered.get(nameOf(key)) ?? this.#read(key);
    this.#plain.delete(this.#keyColumns, key);
    this.#remembered.delete(nameOf(key));
    return row;
  }

  /** Deletes the rows whose column has this value, and returns them. */
  delete(column: string, value: SqlValue): StoredRow[] {
    const rows = this.#select([column]).all(value);
    this.#plain.delete([column], [value]);
    if (this.#keyColumns.length === 1 && column === this.#keyColumns[0]) this.#remembered.delete(value);
    else this.#remembered.clear();
    return rows.map((row) => this.#stored(row));
  }

  #remember(key: readonly SqlValue[], row: StoredRow): void {
    this.#remembered.set(nameOf(key), row);
    if (this.#remembered.size <= REMEMBERED_MAX) return;
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest);
      return;
    }
  }

  #read(key: readonly SqlValue[]): StoredRow | null {
    const row = this.#select(this.#keyColumns).get(key);
    return row === undefined ? null : this.#stored(row);
  }

  #select(by: readonly string[]): Statement {
    const name = by.join();
    let statement = this.#selects.get(name);
    if (statement === undefined) {
      const columns = this.#shape.columns.map(quoteIdentifier).join(', ');
      statement = this.#db
        .prepare(
          `SELECT ${columns}, ${rowKeySql(this.#shape)} FROM ${quoteIdentifier(this.#shape.table)} WHERE ${equal(by)}`,
        )
        .raw()
        .safeIntegers();
      this.#selects.set(name, statement);
    }
    return statement;
  }

  #stored(row: unknown): StoredRow {
    const values = row as StoredValue[];
    const encoded = encodeRow(this.#shape, values, this.#formatReal);
    return { key: values[this.#shape.columns.length] as string, hash: hash('sha256', encoded, 'hex') };
  }
}

/** A key as the name of its row: itself, when it is of one column. */
function nameOf(key: readonly SqlValue[]): SqlValue {
  return key.length === 1 ? (key[0] ?? null) : JSON.stringify(key);
}
