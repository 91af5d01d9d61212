import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findSqlite3 } from '../sqlite3-tool.ts';
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

/** A tool that says these words and ends with this code. */
function saying(words: string, exitCode: number, to: 1 | 2 = 2): string {
  const tool = join(folder, 'tool');
  writeFileSync(tool, `#!/bin/sh\necho '${words}' >&${to}\nexit ${exitCode}\n`, { mode: 0o755 });
  return tool;
}

it.each([
  ['Error: in prepare, out of memory (7)', 1],
  ['Error: in prepare, database is locked (5)', 5],
  ['Error: in prepare, disk I/O error (10)', 10],
  ['Error: unable to open database "file:///x/a%20b.db?immutable=1": unable to open database file', 1],
  ['sqlite3: error while loading shared libraries: libsqlite3.so.0', 127],
  ['', 1],
])('throws when the tool has trouble of its own: %s', async (words, exitCode) => {
  const asked = secondOpinion(saying(words, exitCode), folder, ['a b.db']);
  await expect(asked).rejects.toThrow(`exit code ${exitCode}`);
});

it.each([
  ['3.26.0 2018-12-01 12:34:55 bf8c1b2b7a', null],
  ['3.30.1 2019-10-10 20:19:45 18db032d05', null],
  ['3.31.0 2020-01-22 18:38:59 f6affdd416', '3.31.0'],
  ['3.40.1 2022-12-28 14:03:47 df5c253c0b', '3.40.1'],
])('asks no tool that is too old to parse the schema of a sound file: %s', (words, version) => {
  expect(findSqlite3(saying(words, 0, 1))).toBe(version);
});

it('throws when the tool says nothing at all: that is no word on the file', async () => {
  await expect(secondOpinion(saying('', 0, 1), folder, ['a b.db'])).rejects.toThrow('exit code 0');
});

it.each([
  ['Error: in prepare, database disk image is malformed (11)', 11],
  ['Error: in prepare, file is not a database (26)', 26],
  ['Error: file is encrypted or is not a database', 1],
  ['Error: in prepare, malformed database schema (t) - near "tab": syntax error (11)', 1],
  ['Error: in prepare, unsupported file format', 1],
])('takes for damage what SQLite says of a damaged file: %s', async (words, exitCode) => {
  const [found] = await secondOpinion(saying(words, exitCode), folder, ['a b.db']);
  expect(found).toMatchObject({ check: 'integrity', database: 'a b.db', actual: words });
});

it('takes any answer but ok for damage', async () => {
  const [found] = await secondOpinion(saying('row 7 missing from index i', 0, 1), folder, ['a b.db']);
  expect(found).toMatchObject({ check: 'integrity', actual: 'row 7 missing from index i' });
});

it.runIf(sqlite3 !== null).each([
  ['its pages', 4096, 0xff],
  ['the header of its first page', 100, 0xff],
  ['its schema format', 47, 0x07],
  ['its text encoding', 59, 0x63],
  ['its read version', 19, 0x09],
])('says so of a file with damage to %s', async (_, at, byte) => {
  const file = openSync(join(folder, 'a b.db'), 'r+');
  writeSync(file, Buffer.from([byte]), 0, 1, at);
  closeSync(file);
  expect(await secondOpinion('sqlite3', folder, ['a b.db'])).toHaveLength(1);
});

it('throws when the tool cannot be run: no opinion is not a good one', async () => {
  await expect(secondOpinion('/nonexistent/sqlite3', folder, ['a b.db'])).rejects.toThrow('did not answer');
});
