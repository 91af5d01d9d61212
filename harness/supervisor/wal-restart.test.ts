import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { restartWals } from './wal-restart.ts';

let folder: string;
const open: Database.Database[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-wal-'));
});
afterEach(() => {
  for (const db of open.splice(0)) db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A database with something in its WAL; with a reader it cannot be ended. */
function database(name: string, hasReader: boolean): string {
  const file = join(folder, name);
  const db = new Database(file);
  open.push(db);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE t (v); INSERT INTO t VALUES (1)');
  if (hasReader) {
    const reader = new Database(file, { readonly: true });
    open.push(reader);
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM t').all();
    db.exec('INSERT INTO t VALUES (2)');
  }
  return file;
}

it('databases in use take nothing from those that are not', async () => {
  const busy = Array.from({ length: 8 }, (_, index) => database(`busy-${index}.db`, true));
  const quiet = database('quiet.db', false);
  expect(await restartWals([...busy, quiet])).toEqual(new Set([quiet]));
});
