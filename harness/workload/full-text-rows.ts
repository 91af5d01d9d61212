import type { Database, Statement } from 'better-sqlite3';
import { hash } from 'node:crypto';
import { FULL_TEXT } from '../fleet/shapes.ts';
import { quoteIdentifier, rowKeySql, type TableShape, tableShape } from '../ledger/digest.ts';
import type { Effect } from '../ledger/records.ts';
import { encodeRow, type FormatReal, type StoredValue } from './row-encoding.ts';

/**
 * The rows in which FTS5 keeps an index. It writes and merges them as it likes, so they are read before and after a
 * write and held against each other: what changed is noted like every other row. An index of some hundred rows is read in
 * less than a millisecond.
 */
export class FullTextRows {
  readonly #db: Database;
  readonly #formatReal: FormatReal;
  readonly #tables: readonly ShadowTable[];
  /** As after the last write that was noted; null: not read yet. */
  #rows: readonly Rows[] | null = null;

  constructor(db: Database, formatReal: FormatReal) {
    this.#db = db;
    this.#formatReal = formatReal;
    this.#tables = FULL_TEXT.shadows.map((table) => {
      const shape = tableShape(db, table);
      const columns = shape.columns.map(quoteIdentifier).join(', ');
      const sql = `SELECT ${rowKeySql(shape)}, ${columns} FROM ${quoteIdentifier(table)}`;
      return { shape, select: db.prepare(sql).raw().safeIntegers() };
    });
  }

  /** To be called before a write to the indexed table. */
  begin(): void {
    this.#rows ??= this.#read();
  }

  /** What the write has changed. FTS5 keeps new terms in memory until a savepoint or the commit. */
  changes(): Effect[] {
    this.#db.exec('SAVEPOINT full_text; RELEASE full_text');
    const before = this.#rows ?? [];
    const after = this.#read();
    this.#rows = after;
    return this.#tables.flatMap(({ shape }, index) =>
      this.#changesOf(shape, before[index] ?? new Map(), after[index] ?? new Map()),
    );
  }

  #changesOf(shape: TableShape, before: Rows, after: Rows): Effect[] {
    const hashOf = (values: readonly StoredValue[] | undefined): string | null =>
      values === undefined ? null : hash('sha256', encodeRow(shape, values, this.#formatReal), 'hex');
    const keys = new Set([...before.keys(), ...after.keys()]);
    return [...keys].flatMap((key) => {
      const [was, is] = [before.get(key), after.get(key)];
      if (was !== undefined && is !== undefined && isSame(was, is)) return [];
      const effect: Effect = [shape.table, key, hashOf(was), hashOf(is)];
      return [effect];
    });
  }

  #read(): Rows[] {
    return this.#tables.map(({ select }) => {
      const rows = new Map<string, readonly StoredValue[]>();
      for (const row of select.iterate()) {
        const [key, ...values] = row as [string, ...StoredValue[]];
        rows.set(key, values);
      }
      return rows;
    });
  }
}

interface ShadowTable {
  readonly shape: TableShape;
  readonly select: Statement;
}

type Rows = ReadonlyMap<string, readonly StoredValue[]>;

function isSame(a: readonly StoredValue[], b: readonly StoredValue[]): boolean {
  return a.every((value, index) => {
    const other = b[index];
    return value instanceof Uint8Array && other instanceof Uint8Array
      ? Buffer.compare(value, other) === 0
      : value === other;
  });
}
