import Sqlite from 'better-sqlite3';
import type { Database, Statement } from 'better-sqlite3';
import type { SqlValue } from '../fleet/field-values.ts';
import { readInBand } from '../fleet/in-band.ts';
import { applyPragmas } from '../fleet/pragmas.ts';
import { tableShape } from '../ledger/digest.ts';
import type { WriteKind } from '../ledger/records.ts';
import { Account } from '../workload/account.ts';
import { PlainTable } from '../workload/plain-table.ts';
import type { OpenDatabase } from '../workload/tracked-database.ts';
import { type Key, partsOf, type Writing } from '../workload/write-transaction.ts';

/** The same writes without ledger, digests and in-band state: what a writer's proof is measured against. */
export class UntrackedDatabase implements OpenDatabase, Writing {
  readonly db: Database;
  readonly path: string;
  readonly account: Account;
  readonly #tables = new Map<
    string,
    { readonly plain: PlainTable; readonly keyColumns: readonly string[] }
  >();
  readonly #begin: Statement;
  readonly #commit: Statement;

  constructor(file: string, path: string, account: Account | null) {
    this.path = path;
    this.db = new Sqlite(file, { fileMustExist: true });
    applyPragmas(this.db);
    this.account = account ?? new Account(readInBand(this.db));
    this.#begin = this.db.prepare('BEGIN IMMEDIATE');
    this.#commit = this.db.prepare('COMMIT');
  }

  write(_kind: WriteKind, _dueUs: number, body: (transaction: Writing) => void): boolean {
    this.#begin.run();
    body(this);
    this.#commit.run();
    return true;
  }

  insert(table: string, values: readonly SqlValue[]): void {
    this.#table(table).plain.insert(values);
  }

  update(table: string, key: Key, columns: readonly string[], values: readonly SqlValue[]): void {
    const { plain, keyColumns } = this.#table(table);
    plain.update(keyColumns, partsOf(key), columns, values);
  }

  deleteRow(table: string, key: Key): void {
    const { plain, keyColumns } = this.#table(table);
    plain.delete(keyColumns, partsOf(key));
  }

  delete(table: string, column: string, value: SqlValue): void {
    this.#table(table).plain.delete([column], [value]);
  }

  createTables(sql: string): void {
    this.db.exec(sql);
  }

  alterTable(table: string, sql: string): void {
    this.db.exec(sql);
    this.#tables.delete(table);
  }

  dropTable(table: string, sql: string): void {
    this.db.exec(sql);
    this.#tables.delete(table);
  }

  forgetRows(): void {
    this.#tables.clear();
  }

  close(): void {
    this.db.close();
  }

  #table(name: string): { readonly plain: PlainTable; readonly keyColumns: readonly string[] } {
    let table = this.#tables.get(name);
    if (table === undefined) {
      const shape = tableShape(this.db, name);
      const keyColumns = shape.key.length === 0 ? ['rowid'] : shape.key;
      table = { plain: new PlainTable(this.db, name, shape.columns), keyColumns };
      this.#tables.set(name, table);
    }
    return table;
  }
}
