import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');

/**
 * better-sqlite3 brings its binaries and says `gypfile: false`. npm leaves that out of the lock file, and then builds with
 * node-gyp after all, which ends `npm ci` wherever Python is missing (npm/cli#9837). `npm install` drops the line again:
 * put it back. npm 11 reads `allowScripts` too.
 */
test('npm ci builds nothing, so that it needs no compiler', () => {
  const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { gypfile?: boolean }>;
  };
  const own = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    allowScripts: Record<string, boolean>;
  };
  expect(lock.packages['node_modules/better-sqlite3']).toMatchObject({ gypfile: false });
  expect(own.allowScripts).toEqual({ 'better-sqlite3': false });
});
