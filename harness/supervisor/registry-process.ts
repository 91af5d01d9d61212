/**
 * Answers what the databases named on standard input (a JSON array of files) register: for each that could be read a JSON
 * text on a line, `{ file, table, ids }`. It only reads. A process of its own, because closing any descriptor of a database
 * file drops all locks that a process has on it.
 */
import { json } from 'node:stream/consumers';
import Database from 'better-sqlite3';

const BUSY_MS = 200;
/** The tables in which RustBaas registers who has a database; `master` has a row and no file. */
const TABLES = ['realms', 'workspaces', 'apps'];

for (const file of (await json(process.stdin)) as string[]) tell(file);

function tell(file: string): void {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    try {
      const named = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
      for (const table of TABLES.filter((name) => named.includes(name))) {
        const ids = db.prepare(`SELECT id FROM ${table} WHERE id <> 'master'`).pluck().all();
        process.stdout.write(`${JSON.stringify({ file, table, ids })}\n`);
      }
    } finally {
      db.close();
    }
  } catch {
    // Removed, or locked: what it registers is not known this time.
  }
}
