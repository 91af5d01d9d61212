import type { Database } from 'better-sqlite3';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { contentTables, EMPTY_TABLE, quoteIdentifier, scanTable } from '../ledger/digest.ts';
import type { TableState } from '../ledger/records.ts';

/** A baseline file's name under the ledger folder, for a database path. */
export function baselineName(path: string): string {
  return `baseline/${path.replaceAll('/', '__')}.ndjson`;
}

/** Characters gathered before they are written. */
const CHUNK_CHARACTERS = 1 << 20;

/** Reads what SQLite has stored, writes every row's key and hash to `file`, and returns the tables' states. */
export function writeBaseline(db: Database, file: string): Record<string, TableState> {
  const descriptor = openSync(file, 'w');
  try {
    let pending = '';
    const flush = (): void => {
      writeFileSync(descriptor, pending);
      pending = '';
    };
    const states: Record<string, TableState> = {};
    for (const table of contentTables(db)) {
      if (isEmpty(db, table)) {
        states[table] = EMPTY_TABLE;
        continue;
      }
      const start = `[${JSON.stringify(table)},`;
      states[table] = scanTable(db, table, (key, hash) => {
        pending += `${start}${JSON.stringify(key)},"${hash}"]\n`;
        if (pending.length > CHUNK_CHARACTERS) flush();
      });
    }
    flush();
    return states;
  } finally {
    closeSync(descriptor);
  }
}

/** Most tables of a small app are empty, and the statements of a scan take longer to prepare than to run. */
function isEmpty(db: Database, table: string): boolean {
  return db.prepare(`SELECT 1 FROM ${quoteIdentifier(table)} LIMIT 1`).get() === undefined;
}
