import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Overwritten } from './overwritten.ts';

let folder: string;
let nowMs = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overwritten-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Another index in the place of the one that is there. */
function newIndex(): void {
  writeFileSync(join(folder, 'other'), '');
  renameSync(join(folder, 'other'), join(folder, 'a.db-shm'));
}

function opened(): { watch: Overwritten; look: (atMs: number) => string[] } {
  const database = { path: 'a.db', file: join(folder, 'a.db'), identity: '8:1:100' };
  const watch = new Overwritten({ settleMs: 1000, nowMs: () => nowMs });
  const look = (atMs: number): string[] => {
    nowMs = atMs;
    return watch.among([database]).map(({ path }) => path);
  };
  return { watch, look };
}

test('names a database whose WAL index became another, and then not for as long as it is taken in', () => {
  const { look } = opened();
  expect(look(0)).toEqual([]);
  newIndex();
  expect(look(100)).toEqual([]);
  expect(look(200)).toEqual([]);
  newIndex();
  expect(look(300)).toEqual(['a.db']);
  newIndex();
  expect(look(400)).toEqual([]);
  expect(look(1400)).toEqual([]);
  newIndex();
  expect(look(1500)).toEqual(['a.db']);
});

test('goes by the index that is there after nobody had it open', () => {
  const { watch, look } = opened();
  newIndex();
  expect(look(0)).toEqual([]);
  watch.forgetAll();
  newIndex();
  expect(look(100)).toEqual([]);
  rmSync(join(folder, 'a.db-shm'));
  expect(look(200)).toEqual([]);
  newIndex();
  expect(look(300)).toEqual(['a.db']);
});
