import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discover } from './discover.ts';
import { unreadFolders } from './status.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'discover-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, content = 'SQLite format 3\0…'): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

function paths(): string[] {
  return discover(folder, 'prod', '0.3').databases.map(({ path }) => path);
}

test('finds every database, sorted, with absolute paths', () => {
  for (const path of ['system.db', 'realms/b/realm.db', 'realms/a/apps/web/data.db', 'hooks/a/stray.db'])
    put(path);
  expect(paths()).toEqual([
    'hooks/a/stray.db',
    'realms/a/apps/web/data.db',
    'realms/b/realm.db',
    'system.db',
  ]);
  expect(discover(folder, '', '0.3').databases[0]?.file).toBe(join(folder, 'hooks/a/stray.db'));
});

test('never side files, temporary files, Litestream folders or blobs', () => {
  put('system.db');
  for (const path of [
    'system.db-wal',
    'system.db-shm',
    'system.db.tmp',
    'system.db.tmp-wal',
    '.db',
    '.system.db-litestream/generations/x.db',
    'realms/a/storage/blob.db',
    'realms/a/apps/web/storage/blob.db',
    'workspaces/a/apps/web/storage/blob.db',
  ]) {
    put(path);
  }
  expect(paths()).toEqual(['system.db']);
});

test('symbolic links are not followed, and those that hide databases are told', () => {
  put('system.db');
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  try {
    writeFileSync(join(outside, 'realm.db'), 'SQLite format 3\0');
    mkdirSync(join(folder, 'realms'));
    symlinkSync(outside, join(folder, 'realms', 'acme'));
    symlinkSync(outside, join(folder, 'realms', 'acme.org'));
    symlinkSync(join(folder, 'system.db'), join(folder, 'alias.db'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'));
    expect(paths()).toEqual(['system.db']);
    expect(discover(folder, '', '0.3').refused.map(({ path }) => path)).toEqual([
      'alias.db',
      'realms/acme',
      'realms/acme.org',
    ]);
    expect(unreadFolders(discover(folder, '', '0.3')).map(({ path }) => path)).toEqual([
      'realms/acme',
      'realms/acme.org',
    ]);
  } finally {
    rmSync(outside, { recursive: true });
  }
});

test('what is no database yet, or none at all, is named with the reason', () => {
  put('empty.db', '');
  put('text.db', 'hello');
  put('what?.db');
  expect(discover(folder, '', '0.3').refused).toEqual([
    { path: 'empty.db', reason: 'it is still empty' },
    { path: 'text.db', reason: 'it is not a SQLite database' },
    { path: 'what?.db', reason: 'a question mark in the path: Litestream would open another file' },
  ]);
});

test('another file under the same name is another database', () => {
  put('system.db');
  const before = discover(folder, '', '0.3').databases[0]?.identity;
  put('other.db');
  rmSync(join(folder, 'system.db'));
  put('system.db');
  expect(discover(folder, '', '0.3').databases.find(({ path }) => path === 'system.db')?.identity).not.toBe(
    before,
  );
});
