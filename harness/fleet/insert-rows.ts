import type { Database, Statement } from 'better-sqlite3';
import { quoteIdentifier } from '../ledger/digest.ts';
import type { SqlValue } from './field-values.ts';

/** Rows of one statement: one call into SQLite for sixteen rows is half as fast again as one a row. */
const ROWS_PER_STATEMENT = 16;

/** Inserts rows that give every column of the table, in order. Returns how many. */
export function insertRows(db: Database, table: string, rows: Iterable<readonly SqlValue[]>): number {
  let count = 0;
  let pending: SqlValue[] = [];
  let width = 0;
  let full: Statement | null = null;
  for (const row of rows) {
    width = row.length;
    pending.push(...row);
    count++;
    if (count % ROWS_PER_STATEMENT === 0) {
      full ??= db.prepare(insertSql(table, width, ROWS_PER_STATEMENT));
      full.run(pending);
      pending = [];
    }
  }
  const left = count % ROWS_PER_STATEMENT;
  if (left > 0) db.prepare(insertSql(table, width, left)).run(pending);
  return count;
}

function insertSql(table: string, width: number, rows: number): string {
  const row = `(${Array.from({ length: width }, () => '?').join(',')})`;
  return `INSERT INTO ${quoteIdentifier(table)} VALUES ${Array.from({ length: rows }, () => row).join(',')}`;
}
