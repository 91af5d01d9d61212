import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findSqlite3 } from '../environment.ts';
import { secondOpinion } from './second-opinion.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-opinion-'));
  const db = new Sqlite(join(folder, 'a b.db'));
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT)');
  for (let row = 0; row < 500; row++)
    db.prepare('INSERT INTO t VALUES (?, ?)').run(`${row}`, 'x'.repeat(100));
  db.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The tool is optional: without it there is no second opinion to test. */
const sqlite3 = findSqlite3();

it.runIf(sqlite3 !== null)('finds nothing in a sound file, and leaves no file beside it', async () => {
  expect(await secondOpinion('sqlite3', folder, ['a b.db'])).toEqual([]);
  expect(readdirSync(folder)).toEqual(['a b.db']);
});

it.runIf(sqlite3 !== null)('names the file whose index has lost an entry', async () => {
  const db = new Sqlite(join(folder, 'a b.db'));
  db.unsafeMode(true);
  db.pragma('writable_schema = ON');
  db.exec(
    "UPDATE sqlite_schema SET sql = 'CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT NOT NULL)' WHERE name = 't'",
  );
  db.exec('UPDATE t SET v = NULL WHERE id = 7');
  db.close();
  const [found] = await secondOpinion('sqlite3', folder, ['a b.db']);
  expect(found).toMatchObject({
    check: 'integrity',
    database: 'a b.db',
    count: 1,
    actual: 'NULL value in t.v',
  });
});

it.runIf(sqlite3 !== null)('says so of a file that is no database', async () => {
  writeFileSync(join(folder, 'a b.db'), 'no database at all, not even close, only some text in a file');
  const [found] = await secondOpinion('sqlite3', folder, ['a b.db']);
  expect(found).toMatchObject({ check: 'integrity', count: 1 });
});

it('throws when the tool cannot be run: no opinion is not a good one', async () => {
  await expect(secondOpinion('/nonexistent/sqlite3', folder, ['a b.db'])).rejects.toThrow('did not answer');
});
