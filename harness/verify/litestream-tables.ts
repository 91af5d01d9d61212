import type { Database } from 'better-sqlite3';
import { quoteIdentifier } from '../ledger/digest.ts';
import { LITESTREAM_TABLES } from '../ledger/foreign-tables.ts';
import type { Finding } from '../evidence/checks.ts';
import { counted, finding } from './finding.ts';

/** Rows in Litestream's own tables that Litestream never leaves: all but one number, and any in the lock. */
export function strayLitestreamRows(db: Database): number {
  let stray = 0;
  for (const table of LITESTREAM_TABLES.keys()) {
    const is = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table);
    if (is === undefined) continue;
    stray += Number(
      db
        .prepare(`SELECT count(*) FROM ${quoteIdentifier(table)}`)
        .pluck()
        .get(),
    );
    if (table === '_litestream_seq') stray -= ownNumbers(db);
  }
  return stray;
}

/** 1 when the number that Litestream keeps is there. A column that is not there is none of Litestream's tables. */
function ownNumbers(db: Database): number {
  const columns = db.prepare("SELECT name FROM pragma_table_info('_litestream_seq')").pluck().all();
  if (!columns.includes('id') || !columns.includes('seq')) return 0;
  const own =
    "SELECT 1 FROM _litestream_seq WHERE id = 1 AND typeof(id) = 'integer' AND typeof(seq) = 'integer'";
  return db.prepare(own).get() === undefined ? 0 : 1;
}

/** `no-phantoms`: nothing is kept in Litestream's tables that Litestream did not put there. */
export function litestreamFindings(path: string, strayRows: number): Finding[] {
  if (strayRows === 0) return [];
  return [
    finding('no-phantoms', path, {
      expected: 'one number in _litestream_seq, and nothing in _litestream_lock',
      actual: `${counted(strayRows, 'row')} more`,
      detail: 'Litestream leaves no such rows',
      count: strayRows,
    }),
  ];
}
