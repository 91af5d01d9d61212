import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WalGuard } from './guard.ts';

let folder: string;
let db: Database.Database;
let guard: WalGuard;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-guard-'));
  db = new Database(join(folder, 'a.db'), { timeout: 0 });
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE t (v)');
  guard = new WalGuard();
});
afterEach(() => {
  guard.release();
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Whether something keeps the WAL from beginning anew. */
function isHeld(): boolean {
  db.exec('INSERT INTO t VALUES (1)');
  const [answer] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  return answer?.busy === 1;
}

it('what is held during an outage is let go when that has lasted, also what came later', async () => {
  const files = [db.name];
  expect(await guard.hold(files)).toBe(1);
  expect(isHeld()).toBe(true);
  guard.releaseAfterOutage(1500);
  // The fleet changes meanwhile: each change holds anew.
  for (let change = 0; change < 3; change++) {
    expect(await guard.hold(files)).toBe(1);
    guard.releaseAfterOutage(60_000);
    await sleep(100);
  }
  const startMs = performance.now();
  while (isHeld() && performance.now() - startMs < 15_000) await sleep(50);
  expect(isHeld()).toBe(false);
});

it('what nobody else holds by then is not let go before somebody does', async () => {
  let isTaken = false;
  expect(await guard.hold([db.name])).toBe(1);
  guard.releaseAfter(100, () => isTaken);
  await sleep(1500);
  expect(isHeld()).toBe(true);
  isTaken = true;
  const startMs = performance.now();
  while (isHeld() && performance.now() - startMs < 15_000) await sleep(50);
  expect(isHeld()).toBe(false);
});
