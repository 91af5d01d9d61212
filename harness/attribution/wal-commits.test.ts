import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createInBand } from '../fleet/in-band.ts';
import { readDeadDatabase } from './dead-database.ts';
import { commitsInWal } from './wal-commits.ts';

/** Held against SQLite itself, whose pages and WAL are read here without it. */
let folder: string;
let file: string;
let db: Database.Database;
let statePage: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-wal-'));
  file = join(folder, 'data.db');
  db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  createInBand(db, { databaseId: 'x', path: 'data.db', epoch: 1, createdAt: '' });
  db.exec('CREATE TABLE notes (text)');
  statePage = db
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = '_drill_state'")
    .pluck()
    .get() as number;
  db.pragma('wal_checkpoint(TRUNCATE)');
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(seq: number, noteBytes = 10): void {
  db.transaction(() => {
    db.prepare('INSERT INTO notes VALUES (?)').run('n'.repeat(noteBytes));
    db.prepare('UPDATE _drill_state SET seq = ?').run(seq);
  })();
}

const wal = (): Buffer => readFileSync(`${file}-wal`);

it.each([1, 2, 127, 128, 300, 70_000, 9_000_000, 3_000_000_000])('reads the number %d of a write', (seq) => {
  write(seq);
  expect(commitsInWal(wal(), statePage)?.commits.map((commit) => commit.seq)).toEqual([seq]);
});

it('knows where each commit ends: the WAL cut there is the database at that write', () => {
  for (let seq = 1; seq <= 20; seq++) write(seq, seq * 500);
  const { commits } = commitsInWal(wal(), statePage) ?? { commits: [] };
  expect(commits.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(commits.at(-1)?.end).toBe(wal().length);
  for (const { end, seq } of commits) {
    expect(commitsInWal(wal().subarray(0, end), statePage)?.commits.at(-1)?.seq).toBe(seq);
    expect(commitsInWal(wal().subarray(0, end - 1), statePage)?.commits.at(-1)?.seq ?? 0).toBe(seq - 1);
  }
});

it('a commit of somebody else is none of the workload', () => {
  write(1);
  db.exec("INSERT INTO notes VALUES ('theirs')");
  write(2);
  expect(commitsInWal(wal(), statePage)?.commits.map(({ seq }) => seq)).toEqual([1, 2]);
});

it('frames that an earlier WAL left behind the end are not read', () => {
  for (let seq = 1; seq <= 9; seq++) write(seq);
  db.pragma('wal_checkpoint(RESTART)');
  write(10);
  expect(commitsInWal(wal(), statePage)?.commits.map(({ seq }) => seq)).toEqual([10]);
});

it('reads the disk of a dead host without changing it', () => {
  write(1);
  write(2);
  const before = [readFileSync(file), wal()];
  const dead = readDeadDatabase(file, folder);
  expect(dead).toMatchObject({ seq: 2, statePage });
  expect(dead?.wal?.commits.map(({ seq }) => seq)).toEqual([1, 2]);
  expect([readFileSync(file), wal()]).toEqual(before);
});

it('a file that is gone, or none of ours, says nothing', () => {
  expect(readDeadDatabase(join(folder, 'gone.db'), folder)).toBeNull();
  const other = join(folder, 'other.db');
  new Database(other).exec('CREATE TABLE notes (text)').close();
  expect(readDeadDatabase(other, folder)).toBeNull();
});
