import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Overwritten } from './overwritten.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overwritten-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Another index in the place of the one that is there. */
function newIndex(): void {
  writeFileSync(join(folder, 'other'), '');
  renameSync(join(folder, 'other'), join(folder, 'a.db-shm'));
}

const database = { path: 'a.db', identity: '8:1:100' };

function opened(): {
  watch: Overwritten;
  look: (isHeld?: boolean) => string[];
  takeIn: (held?: boolean) => void;
} {
  const one = { ...database, file: join(folder, 'a.db') };
  const watch = new Overwritten();
  return {
    watch,
    look: (isHeld = true) => watch.among([one], () => isHeld).map(({ path }) => path),
    takeIn: (held = true) => watch.takenIn([one], { held }),
  };
}

test('names a database whose WAL index became another, until it is taken in', () => {
  const { look, takeIn } = opened();
  expect(look()).toEqual([]);
  newIndex();
  expect(look()).toEqual([]);
  expect(look()).toEqual([]);
  newIndex();
  expect(look()).toEqual(['a.db']);
  expect(look()).toEqual(['a.db']);
  takeIn();
  expect(look()).toEqual([]);
  // At once again.
  newIndex();
  expect(look()).toEqual(['a.db']);
});

test('goes by the index that is there after nobody had it open', () => {
  const { watch, look } = opened();
  newIndex();
  expect(look()).toEqual([]);
  watch.forgetAll();
  newIndex();
  expect(look()).toEqual([]);
  rmSync(join(folder, 'a.db-shm'));
  expect(look()).toEqual([]);
  newIndex();
  expect(look()).toEqual(['a.db']);
});

test('goes by the first look where nobody held it as it was taken in', () => {
  const { look, takeIn } = opened();
  newIndex();
  look();
  newIndex();
  takeIn(false);
  newIndex();
  expect(look()).toEqual([]);
  newIndex();
  expect(look()).toEqual(['a.db']);
});

test('goes by no index that Litestream does not hold: the application may remove that one itself', () => {
  const { look } = opened();
  newIndex();
  expect(look(false)).toEqual([]);
  newIndex();
  expect(look(false)).toEqual([]);
  expect(look()).toEqual([]);
  newIndex();
  expect(look()).toEqual(['a.db']);
});
