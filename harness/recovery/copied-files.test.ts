import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyBlobs, copyHooks } from './copied-files.ts';

const MODES = { file: 0o640, folder: 0o750 };

let folder: string;
let from: string;
let dataDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'copied-'));
  [from, dataDir] = [join(folder, 'from'), join(folder, 'data')];
  mkdirSync(from);
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string): void {
  mkdirSync(dirname(join(from, path)), { recursive: true });
  writeFileSync(join(from, path), path);
}

function copied(): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dataDir.length + 1))
    .toSorted();
}

test('every hook comes back, also of an app that is not there, and nothing that RustBaas takes for none', async () => {
  const hooks = ['hooks/acme/shop/Before-create.JS', 'hooks/acme/shop/_on.login.ts', 'hooks/gone/app/a.js'];
  const others = [
    'README.md',
    '.git/hooks/x/a.js',
    'hooks/a.js',
    'hooks/acme/shop/.env',
    'hooks/acme/shop/.hidden.js',
    'hooks/acme/shop/cache.db',
    'hooks/acme/shop/lib/deep.js',
    'hooks/acme/shop/a..js',
  ];
  for (const path of [...hooks, ...others]) write(path);
  symlinkSync(join(from, 'README.md'), join(from, 'hooks/acme/shop/link.js'));
  expect(await copyHooks(from, dataDir, MODES)).toBe(hooks.length);
  expect(copied()).toEqual(hooks);
  for (const path of hooks) {
    expect(readFileSync(join(dataDir, path), 'utf8')).toBe(path);
    expect(statSync(join(dataDir, path)).mode & 0o777).toBe(0o640);
  }
});

test('blobs come back for the apps that are back', async () => {
  write('realms/acme/apps/shop/storage/a');
  write('realms/acme/apps/gone/storage/b');
  write('realms/acme/apps/shop/data.db');
  mkdirSync(join(dataDir, 'realms/acme/apps/shop'), { recursive: true });
  expect(await copyBlobs(from, dataDir, MODES)).toBe(1);
  expect(copied()).toEqual(['realms/acme/apps/shop/storage/a']);
});

test('a folder that is not there is no empty one', async () => {
  await expect(copyBlobs(join(folder, 'typo'), dataDir, MODES)).rejects.toThrow('ENOENT');
  await expect(copyHooks(join(folder, 'typo'), dataDir, MODES)).rejects.toThrow('ENOENT');
});
