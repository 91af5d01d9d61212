import Database from 'better-sqlite3';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discover } from './discover.ts';
import { missingAmong, Registries } from './registry.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'registry-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, ...registers: [table: string, ids: readonly string[]][]): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  const db = new Database(join(folder, path));
  db.exec('CREATE TABLE other (id TEXT)');
  for (const [table, ids] of registers) {
    db.exec(`CREATE TABLE ${table} (id TEXT PRIMARY KEY)`);
    for (const id of ids) db.prepare(`INSERT INTO ${table} VALUES (?)`).run(id);
  }
  db.close();
}

async function missing(): Promise<unknown> {
  const discovery = discover(folder, 'prod', '0.3');
  return missingAmong(await new Registries().look(discovery.databases), discovery, folder);
}

test('what is registered and not on the disk is told, with who registers it; the realm master has no file', async () => {
  put('system.db', ['realms', ['master', 'acme', 'lost']]);
  put('realms/acme/realm.db', ['apps', ['shop', 'gone']]);
  // A collection of a user's that is named like a registry is none.
  put('realms/acme/apps/shop/data.db', ['apps', ['mine']]);
  expect(await missing()).toEqual([
    { path: 'realms/acme/apps/gone/data.db', registeredIn: 'realms/acme/realm.db' },
    { path: 'realms/lost/realm.db', registeredIn: 'system.db' },
  ]);
  put('realms/acme/apps/gone/data.db');
  put('realms/lost/realm.db', ['apps', []]);
  expect(await missing()).toEqual([]);
});

test('the newer layout has its own names, and a folder that is not looked into hides nothing twice', async () => {
  put('system.db', ['workspaces', ['acme', 'lost']]);
  put('workspaces/acme/workspace.db', ['apps', ['gone']]);
  expect(await missing()).toMatchObject([
    { path: 'workspaces/acme/apps/gone/data.db' },
    { path: 'workspaces/lost/workspace.db' },
  ]);
  const discovery = discover(folder, 'prod', '0.3');
  const refused = [{ path: 'workspaces/lost', reason: 'a symbolic link' }];
  const registered = await new Registries().look(discovery.databases);
  expect(missingAmong(registered, { ...discovery, refused }, folder)).toMatchObject([
    { path: 'workspaces/acme/apps/gone/data.db' },
  ]);
});

test('a file that came after the last walk is not missing', async () => {
  put('system.db', ['realms', ['acme']]);
  const discovery = discover(folder, 'prod', '0.3');
  put('realms/acme/realm.db');
  expect(missingAmong(await new Registries().look(discovery.databases), discovery, folder)).toEqual([]);
});

test('a registry that cannot be read says what it said before, and one that went with its realm says nothing', async () => {
  put('system.db', ['realms', ['acme']]);
  put('realms/acme/realm.db', ['apps', ['gone']]);
  const registries = new Registries();
  const look = async (): Promise<unknown> => {
    const discovery = discover(folder, 'prod', '0.3');
    return missingAmong(await registries.look(discovery.databases), discovery, folder);
  };
  const told = [{ path: 'realms/acme/apps/gone/data.db', registeredIn: 'realms/acme/realm.db' }];
  expect(await look()).toEqual(told);
  const locked = new Database(join(folder, 'realms/acme/realm.db'));
  locked.exec('BEGIN EXCLUSIVE');
  expect(await look()).toEqual(told);
  locked.close();
  rmSync(join(folder, 'realms'), { recursive: true });
  const system = new Database(join(folder, 'system.db'));
  system.exec("DELETE FROM realms WHERE id = 'acme'");
  system.close();
  expect(await look()).toEqual([]);
});

test('a system.db that was there and is gone is missing, and so is all that it had registered', async () => {
  put('system.db', ['realms', ['acme']]);
  put('realms/acme/realm.db', ['apps', []]);
  const registries = new Registries();
  await registries.look(discover(folder, 'prod', '0.3').databases);
  rmSync(join(folder, 'system.db'));
  rmSync(join(folder, 'realms'), { recursive: true });
  const discovery = discover(folder, 'prod', '0.3');
  expect(missingAmong(await registries.look(discovery.databases), discovery, folder)).toEqual([
    { path: 'realms/acme/realm.db', registeredIn: 'system.db' },
    { path: 'system.db', registeredIn: 'system.db' },
  ]);
});
