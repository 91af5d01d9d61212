import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monotonicUs } from '../clock.ts';
import { archiveBody } from '../fleet/shape-rows.ts';
import { readLedger } from '../ledger/history.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { seedSmall, type SeededFleet, smallScenario } from '../workload/fleet-fixture.ts';
import { verifyDatabase } from './verify-database.ts';

/** A database that reaches past SQLite's lock page, really seeded, and damaged where nothing smaller has a place. */
const LOCK_PAGE_AT = 0x40000000;
const PAGE_BYTES = 4096;
const CHUNK_BYTES = 64 << 20;

let fleet: SeededFleet;
let path: string;
let history: DatabaseHistory;
let damaged: string;

beforeAll(async () => {
  const shapes = { bulkMb: 1032 };
  fleet = await seedSmall(
    smallScenario({ fleet: { realms: 1, appsPerRealm: 1, rowsPerApp: { min: 50, max: 50 }, shapes } }),
    3,
  );
  path = fleet.plan.databases.find(({ bulkMb }) => bulkMb !== undefined)?.path ?? '';
  const found = (await readLedger(fleet.ledgerDir)).databases.get(path);
  if (found === undefined) throw new Error(`the ledger does not know ${path}`);
  history = found;
  damaged = join(fleet.folder, 'damaged.db');
}, 120_000);
afterAll(() => fleet[Symbol.dispose]());

async function findingsOf(file: string): Promise<(readonly [string, number])[]> {
  const { verified } = await verifyDatabase({
    file,
    history,
    killUs: monotonicUs(),
    scratchDir: fleet.folder,
  });
  expect(verified?.thrown).toEqual([]);
  return (verified?.findings ?? []).map(({ check, count }) => [check, count] as const);
}

/** Damages a copy, and says what is found in it. */
async function found(damage: (file: string) => void): Promise<(readonly [string, number])[]> {
  copyFileSync(join(fleet.dataDir, path), damaged);
  damage(damaged);
  return findingsOf(damaged);
}

/** The last seeded row of the archive: it lies behind the lock page. */
function lastRow(): { readonly id: number; readonly at: number } {
  const id = history.base.tables['archive']?.[0] ?? 0;
  const line = archiveBody(`${path}-${(id - 1).toString(36)}`).slice(0, 64);
  const file = openSync(join(fleet.dataDir, path), 'r');
  try {
    const behind = Buffer.alloc(statSync(join(fleet.dataDir, path)).size - LOCK_PAGE_AT);
    readSync(file, behind, 0, behind.length, LOCK_PAGE_AT);
    return { id, at: LOCK_PAGE_AT + behind.indexOf(line) };
  } finally {
    closeSync(file);
  }
}

function edited(file: string, sql: string): void {
  const db = new Sqlite(file);
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

/** Moves everything behind the lock page a page to the front, as one does who counts pages and forgets it. */
function withoutLockPage(file: string): void {
  const { size } = statSync(file);
  const opened = openSync(file, 'r+');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let at = LOCK_PAGE_AT; at < size - PAGE_BYTES; at += CHUNK_BYTES) {
      const bytes = readSync(opened, chunk, 0, CHUNK_BYTES, at + PAGE_BYTES);
      writeSync(opened, chunk, 0, bytes, at);
    }
  } finally {
    closeSync(opened);
  }
}

describe('a database that reaches past the lock page', () => {
  it('is clean when nothing is wrong', async () => {
    expect(statSync(join(fleet.dataDir, path)).size).toBeGreaterThan(LOCK_PAGE_AT + CHUNK_BYTES / 16);
    expect(await findingsOf(join(fleet.dataDir, path))).toEqual([]);
  }, 120_000);

  it('has a row behind it that is gone', async () => {
    const { id, at } = lastRow();
    expect(at).toBeGreaterThan(LOCK_PAGE_AT);
    expect(await found((file) => edited(file, `DELETE FROM archive WHERE id = ${id}`))).toEqual([
      ['row-counts', 1],
    ]);
  }, 120_000);

  it('has one byte behind it that is another', async () => {
    const { at } = lastRow();
    const flip = (file: string): void => {
      const opened = openSync(file, 'r+');
      writeSync(opened, 'x', at + 8);
      closeSync(opened);
    };
    expect(await found(flip)).toEqual([['content', 1]]);
  }, 120_000);

  it('has its pages behind it one place too early', async () => {
    const checks = (await found(withoutLockPage)).map(([check]) => check);
    expect(checks).toContain('integrity');
  }, 120_000);

  it('ends before it', async () => {
    const checks = (await found((file) => truncateSync(file, LOCK_PAGE_AT))).map(([check]) => check);
    expect(checks).toContain('integrity');
  }, 120_000);
});
