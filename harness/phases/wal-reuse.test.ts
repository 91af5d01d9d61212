import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WalReuse } from './wal-reuse.ts';

/** Held against SQLite itself: each of these is a WAL that it made. */
const BURST = 300;
const SMALL = 30;
const SECOND_US = 1_000_000;
let folder: string;
let db: Database.Database;
let wal: WalReuse;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-wal-'));
  const file = join(folder, 'data.db');
  db = new Database(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE notes (text)');
  wal = new WalReuse(file);
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Each is a page of the WAL at least. */
function write(commits: number): void {
  const insert = db.prepare('INSERT INTO notes VALUES (?)');
  for (let commit = 0; commit < commits; commit++) insert.run('note');
}

it('counts from where the WAL starts again, and keeps how long it was', () => {
  write(BURST);
  expect(wal.look(0).reusedForMs).toBe(0);
  db.pragma('wal_checkpoint(RESTART)');
  write(1);
  const { pages } = wal.look(SECOND_US);
  expect(pages).toBeGreaterThanOrEqual(BURST);
  write(SMALL);
  expect(wal.look(4 * SECOND_US)).toEqual({ pages, reusedForMs: 3000 });
});

it('goes on counting when it starts again once more', () => {
  write(BURST);
  wal.look(0);
  for (let second = 1; second <= 3; second++) {
    db.pragma('wal_checkpoint(RESTART)');
    write(SMALL);
    wal.look(second * SECOND_US);
  }
  expect(wal.look(4 * SECOND_US).reusedForMs).toBe(3000);
  db.pragma('wal_checkpoint(RESTART)');
  write(1);
  expect(wal.look(5 * SECOND_US).reusedForMs).toBe(4000);
});

it.each([
  ['without a checkpoint', () => undefined],
  ['after a checkpoint that empties it', () => db.pragma('wal_checkpoint(TRUNCATE)')],
])('is not reused %s', (_, checkpoint) => {
  write(BURST);
  wal.look(0);
  checkpoint();
  for (let second = 1; second <= 3; second++) {
    write(SMALL);
    expect(wal.look(second * SECOND_US).reusedForMs).toBe(0);
  }
});

it('is not reused by what Litestream itself writes', () => {
  write(BURST);
  wal.look(0);
  db.pragma('wal_checkpoint(RESTART)');
  for (let second = 1; second <= 3; second++) {
    write(1);
    expect(wal.look(second * SECOND_US).reusedForMs).toBe(0);
  }
});

it('begins to count anew when it has grown beyond its length', () => {
  write(BURST);
  wal.look(0);
  db.pragma('wal_checkpoint(RESTART)');
  write(SMALL);
  wal.look(SECOND_US);
  write(BURST);
  expect(wal.look(2 * SECOND_US).reusedForMs).toBe(0);
  db.pragma('wal_checkpoint(RESTART)');
  write(1);
  wal.look(3 * SECOND_US);
  write(SMALL);
  expect(wal.look(4 * SECOND_US).reusedForMs).toBe(1000);
});

it('is of no length where nobody has the database open', () => {
  write(BURST);
  db.close();
  expect(wal.look(0)).toEqual({ pages: 0, reusedForMs: 0 });
});
