import type { Database, Statement } from 'better-sqlite3';
import { quoteIdentifier } from '../ledger/digest.ts';
import type { SqlValue } from './field-values.ts';

/** Inserts rows that give every column of the table, in order. Returns how many. */
export function insertRows(db: Database, table: string, rows: Iterable<readonly SqlValue[]>): number {
  let insert: Statement | null = null;
  let count = 0;
  for (const row of rows) {
    insert ??= db.prepare(`INSERT INTO ${quoteIdentifier(table)} VALUES (${row.map(() => '?').join(',')})`);
    insert.run(row);
    count++;
  }
  return count;
}
