import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFleet } from './lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('one holder, named to the other; free again after the release', () => {
  const status = join(folder, 'status.json');
  const lock = () => lockFleet(join(folder, 'litestream.lock'), status);
  const first = lock();
  expect(lock).toThrow(/another supervisor has this data directory/);
  writeFileSync(status, '{"supervisor":{"pid":4711}}');
  expect(lock).toThrow(/\(process 4711\)/);
  first.release();
  lock().release();
});
