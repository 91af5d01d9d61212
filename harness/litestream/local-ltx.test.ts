import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mayMissCommits } from './local-ltx.ts';
import { walIndex } from './wal-end.ts';

let folder: string;
let file: string;
let application: Database.Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-ltx-'));
  file = join(folder, 'data.db');
  application = new Database(file);
  application.exec(
    'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE rows (seq INTEGER)',
  );
});
afterEach(() => {
  application.close();
  rmSync(folder, { recursive: true });
});

function write(): void {
  application.exec('INSERT INTO rows VALUES (1)');
}

/** Litestream has copied everything up to here. Only the index is read: SQLite is open in this process. */
function copied(txid = 1): void {
  const now = walIndex(file);
  if (now === null) throw new Error('no index');
  const header = Buffer.alloc(100);
  header.writeBigUInt64BE(32n, 48);
  header.writeBigUInt64BE(BigInt(now.offset - 32), 56);
  header.write(now.salts, 64, 'hex');
  const level = join(folder, '.data.db-litestream', 'ltx', '0');
  mkdirSync(level, { recursive: true });
  const name = txid.toString(16).padStart(16, '0');
  writeFileSync(join(level, `${name}-${name}.ltx`), header);
}

test('a Litestream that has copied all misses nothing, whatever becomes of the WAL later', () => {
  write();
  copied();
  expect(mayMissCommits(file, walIndex(file))).toBe(false);
});

test('one that has never copied anything begins with a snapshot', () => {
  write();
  expect(mayMissCommits(file, walIndex(file))).toBe(false);
});

test('what was committed since is missed when the WAL begins anew before the start', () => {
  write();
  copied();
  write();
  application.pragma('wal_checkpoint(RESTART)');
  write();
  expect(mayMissCommits(file, walIndex(file))).toBe(true);
});

test('or after it, unless a reader keeps the WAL from that', () => {
  write();
  copied();
  write();
  const before = walIndex(file);
  expect(mayMissCommits(file, null)).toBe(true);
  const reader = new Database(file, { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM rows').get();
  expect(mayMissCommits(file, before)).toBe(false);
  application.pragma('wal_checkpoint(PASSIVE)');
  write();
  expect(walIndex(file)?.salts).toBe(before?.salts);
  reader.close();
});

test('a reader of what is all in the database file keeps nothing back', () => {
  write();
  copied();
  write();
  application.pragma('wal_checkpoint(PASSIVE)');
  const before = walIndex(file);
  const reader = new Database(file, { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM rows').get();
  expect(mayMissCommits(file, before)).toBe(true);
  write();
  expect(walIndex(file)?.salts).not.toBe(before?.salts);
  reader.close();
});
