import type { Database } from 'better-sqlite3';
import type { SqlValue } from '../fleet/field-values.ts';
import { contentTables, schemaDigest } from '../ledger/digest.ts';
import type { Effect } from '../ledger/records.ts';
import { EMPTY_SUM, replaceRow } from './account.ts';
import type { Account, TableSum } from './account.ts';
import type { OpenTables } from './open-tables.ts';

/** A primary key: its value, or those of its columns in order. */
export type Key = string | number | readonly SqlValue[];

/** What an operation may do inside one write. */
export interface Writing {
  /** Inserts a row that gives the columns in order. Columns beyond, which were added later, are NULL. */
  insert(table: string, values: readonly SqlValue[]): void;
  /** Changes columns of the row with this primary key, a list where it has several columns. */
  update(table: string, key: Key, columns: readonly string[], values: readonly SqlValue[]): void;
  /** Deletes the row with this primary key. */
  deleteRow(table: string, key: Key): void;
  /** Deletes the rows whose column has this value. */
  delete(table: string, column: string, value: SqlValue): void;
  /** Runs DDL that creates tables. */
  createTables(sql: string): void;
  /** Runs DDL that adds a column to a table: its rows stay what they are, with NULL in it. */
  alterTable(table: string, sql: string): void;
  /** Runs DDL that drops a table with all its rows. */
  dropTable(table: string, sql: string): void;
}

/** One write, which notes every row that it touches. */
export class WriteTransaction implements Writing {
  readonly effects: Effect[] = [];
  readonly created: string[] = [];
  readonly dropped: string[] = [];
  /** States of the touched tables after what was done so far. */
  readonly states = new Map<string, TableSum>();
  /** Digest of the schema, when it was changed. */
  schema: string | null = null;
  readonly #db: Database;
  readonly #account: Account;
  readonly #tables: OpenTables;

  constructor(db: Database, account: Account, tables: OpenTables) {
    this.#db = db;
    this.#account = account;
    this.#tables = tables;
  }

  insert(table: string, values: readonly SqlValue[]): void {
    this.#tables.fullText(table)?.begin();
    const row = this.#tables.get(table).insert(values);
    this.#note(table, row.key, null, row.hash);
  }

  update(table: string, key: Key, columns: readonly string[], values: readonly SqlValue[]): void {
    this.#tables.fullText(table)?.begin();
    const row = this.#tables.get(table).update(partsOf(key), columns, values);
    if (row === null) throw new Error(`${table} has no row ${String(key)}: the writer's memory is wrong`);
    this.#note(table, row.before.key, row.before.hash, row.after.hash);
  }

  deleteRow(table: string, key: Key): void {
    this.#tables.fullText(table)?.begin();
    const row = this.#tables.get(table).deleteRow(partsOf(key));
    if (row === null) throw new Error(`${table} has no row ${String(key)}: the writer's memory is wrong`);
    this.#note(table, row.key, row.hash, null);
  }

  delete(table: string, column: string, value: SqlValue): void {
    this.#tables.fullText(table)?.begin();
    for (const row of this.#tables.get(table).delete(column, value))
      this.#note(table, row.key, row.hash, null);
  }

  createTables(sql: string): void {
    this.#db.exec(sql);
    const created = contentTables(this.#db).filter((name) => !this.#account.tables.has(name));
    for (const table of created) this.states.set(table, EMPTY_SUM);
    this.created.push(...created);
    this.schema = schemaDigest(this.#db);
  }

  alterTable(table: string, sql: string): void {
    this.#db.exec(sql);
    this.#tables.forget(table);
    this.schema = schemaDigest(this.#db);
  }

  dropTable(table: string, sql: string): void {
    this.#db.exec(sql);
    this.#tables.forget(table);
    this.dropped.push(table);
    this.schema = schemaDigest(this.#db);
  }

  /** Notes what SQLite's triggers have changed in the tables of a full-text index. After this nothing may be written. */
  noteFullText(): void {
    for (const table of this.states.keys()) {
      for (const [shadow, key, before, after] of this.#tables.fullText(table)?.changes() ?? [])
        this.#note(shadow, key, before, after);
    }
  }

  #note(table: string, key: string, before: string | null, after: string | null): void {
    const state = this.states.get(table) ?? this.#account.tables.get(table);
    if (state === undefined) throw new Error(`${table} is not accounted for`);
    this.states.set(table, replaceRow(state, before, after));
    this.effects.push([table, key, before, after]);
  }
}

/** A key as its values, in the order of its columns. */
export function partsOf(key: Key): readonly SqlValue[] {
  return typeof key === 'object' ? key : [key];
}
