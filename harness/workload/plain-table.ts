import type { Database, Statement } from 'better-sqlite3';
import type { SqlValue } from '../fleet/field-values.ts';
import { quoteIdentifier } from '../ledger/digest.ts';

/** The statements with which RustBaas itself writes to a table, prepared once. */
export class PlainTable {
  readonly #db: Database;
  readonly #table: string;
  readonly #columns: readonly string[];
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database, table: string, columns: readonly string[]) {
    this.#db = db;
    this.#table = quoteIdentifier(table);
    this.#columns = columns.map(quoteIdentifier);
  }

  /** Inserts a row that gives the columns in order; returns its rowid. */
  insert(values: readonly SqlValue[]): number {
    const statement = this.#prepared(`insert ${values.length}`, () => {
      const columns = this.#columns.slice(0, values.length).join(', ');
      return `INSERT INTO ${this.#table} (${columns}) VALUES (${values.map(() => '?').join(', ')})`;
    });
    return Number(statement.run(values).lastInsertRowid);
  }

  /** Changes columns of the rows whose key columns have these values. */
  update(
    keyColumns: readonly string[],
    key: readonly SqlValue[],
    columns: readonly string[],
    values: readonly SqlValue[],
  ): void {
    const statement = this.#prepared(`update ${columns.join()}`, () => {
      const set = columns.map((column) => `${quoteIdentifier(column)} = ?`).join(', ');
      return `UPDATE ${this.#table} SET ${set} WHERE ${equal(keyColumns)}`;
    });
    statement.run([...values, ...key]);
  }

  /** Deletes the rows whose columns have these values. */
  delete(columns: readonly string[], values: readonly SqlValue[]): void {
    const name = `delete ${columns.join()}`;
    this.#prepared(name, () => `DELETE FROM ${this.#table} WHERE ${equal(columns)}`).run(values);
  }

  #prepared(name: string, sql: () => string): Statement {
    let statement = this.#statements.get(name);
    if (statement === undefined) {
      statement = this.#db.prepare(sql());
      this.#statements.set(name, statement);
    }
    return statement;
  }
}

/** A condition on columns, a parameter each. The rowid is no column, and is not quoted. */
export function equal(columns: readonly string[]): string {
  return columns
    .map((column) => `${column === 'rowid' ? column : quoteIdentifier(column)} = ?`)
    .join(' AND ');
}
