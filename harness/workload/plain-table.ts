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

  /** Changes columns of the rows whose key column has this value. */
  update(keyColumn: string, id: string, columns: readonly string[], values: readonly SqlValue[]): void {
    const statement = this.#prepared(`update ${columns.join()}`, () => {
      const set = columns.map((column) => `${quoteIdentifier(column)} = ?`).join(', ');
      return `UPDATE ${this.#table} SET ${set} WHERE ${quoteIdentifier(keyColumn)} = ?`;
    });
    statement.run([...values, id]);
  }

  /** Deletes the rows whose column has this value. */
  delete(column: string, value: SqlValue): void {
    this.#prepared(
      `delete ${column}`,
      () => `DELETE FROM ${this.#table} WHERE ${quoteIdentifier(column)} = ?`,
    ).run(value);
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
