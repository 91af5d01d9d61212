import type { Database, Statement } from 'better-sqlite3';
import type { SqlValue } from '../fleet/field-values.ts';
import { quoteIdentifier, rowEncodingSql, rowHash, rowKeySql, tableShape } from '../ledger/digest.ts';

/** A row as SQLite has stored it. */
export interface StoredRow {
  readonly key: string;
  readonly hash: string;
}

/**
 * The statements of one table. Each returns key and encoding of the row from SQLite itself, so that the ledger
 * notes what was stored, not what was meant.
 */
export class TableAccess {
  readonly #db: Database;
  readonly #table: string;
  readonly #keyColumn: string;
  readonly #returning: string;
  readonly #columns: readonly string[];
  readonly #inserts = new Map<number, Statement>();
  readonly #select: Statement;
  readonly #updates = new Map<string, Statement>();
  readonly #deletes = new Map<string, Statement>();

  constructor(db: Database, table: string) {
    const shape = tableShape(db, table);
    this.#db = db;
    this.#table = quoteIdentifier(table);
    this.#keyColumn = quoteIdentifier(shape.key[0] ?? 'rowid');
    this.#returning = `${rowKeySql(shape)}, ${rowEncodingSql(shape)}`;
    this.#columns = shape.columns.map(quoteIdentifier);
    this.#select = db
      .prepare(`SELECT ${this.#returning} FROM ${this.#table} WHERE ${this.#keyColumn} = ?`)
      .raw();
  }

  /** Inserts a row that gives the columns in order. Columns beyond, which were added later, are NULL. */
  insert(values: readonly SqlValue[]): StoredRow {
    let statement = this.#inserts.get(values.length);
    if (statement === undefined) {
      const columns = this.#columns.slice(0, values.length).join(', ');
      const marks = values.map(() => '?').join(', ');
      statement = this.#db
        .prepare(`INSERT INTO ${this.#table} (${columns}) VALUES (${marks}) RETURNING ${this.#returning}`)
        .raw();
      this.#inserts.set(values.length, statement);
    }
    return storedRow(statement.get(values));
  }

  /** Changes columns of the row with this key. Null when there is none. */
  update(
    id: string,
    columns: readonly string[],
    values: readonly SqlValue[],
  ): { readonly before: StoredRow; readonly after: StoredRow } | null {
    const found = this.#select.get(id);
    if (found === undefined) return null;
    const name = columns.join(',');
    let statement = this.#updates.get(name);
    if (statement === undefined) {
      const set = columns.map((column) => `${quoteIdentifier(column)} = ?`).join(', ');
      statement = this.#db
        .prepare(`UPDATE ${this.#table} SET ${set} WHERE ${this.#keyColumn} = ? RETURNING ${this.#returning}`)
        .raw();
      this.#updates.set(name, statement);
    }
    const before = storedRow(found);
    return { before, after: storedRow(statement.get([...values, id])) };
  }

  /** Deletes the rows whose column has this value, and returns them. */
  delete(column: string, value: SqlValue): StoredRow[] {
    let statement = this.#deletes.get(column);
    if (statement === undefined) {
      statement = this.#db
        .prepare(
          `DELETE FROM ${this.#table} WHERE ${quoteIdentifier(column)} = ? RETURNING ${this.#returning}`,
        )
        .raw();
      this.#deletes.set(column, statement);
    }
    return statement.all(value).map(storedRow);
  }
}

function storedRow(row: unknown): StoredRow {
  const [key, encoded] = row as [string, Uint8Array];
  return { key, hash: rowHash(encoded) };
}
