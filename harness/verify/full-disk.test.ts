import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RestoreRecord } from '../evidence/database.ts';
import { lastSeq } from '../ledger/history-state.ts';
import { type FullDiskTry, holdFullDisk, metNoSpace } from './full-disk.ts';
import { drillFleet, type DrilledFleet } from './sabotage/drilled-fleet.ts';
import { edit, layOut, type Scene, verifyScene } from './sabotage/scene.ts';
import { historyOf, type Target, targetIn } from './sabotage/target.ts';
import type { FleetVerification } from './verify-fleet.ts';

let drilled: DrilledFleet;
let scene: Scene;
let target: Target;
/** What came back where there was room. */
let roomy: FleetVerification['databases'];
beforeAll(async () => {
  drilled = await drillFleet(11);
}, 60_000);
afterAll(async () => drilled[Symbol.asyncDispose]());
beforeEach(async () => {
  scene = await layOut(drilled);
  target = targetIn(drilled, scene);
  roomy = (await verifyScene(scene)).databases;
});
afterEach(async () => scene[Symbol.asyncDispose]());

const FULL = 'write restored.db.tmp: no space left on device';

function record(path: string, outcome: RestoreRecord['outcome'], detail = ''): RestoreRecord {
  return { path, outcome, exitCode: 0, startUs: 1, endUs: 2, bytes: 0, detail };
}

/** A restore that had no space for the database of `target.hot`, and said so; then what else was wrong. */
async function found(
  change: () => void = () => undefined,
  said: { readonly exitCode?: number; readonly records?: readonly RestoreRecord[] } = {},
) {
  rmSync(join(scene.dataDir, target.hot));
  change();
  const tried: FullDiskTry = {
    dataDir: scene.dataDir,
    exitCode: said.exitCode ?? 1,
    records: said.records ?? [record(target.hot, 'failed', FULL), record(target.idle, 'restored')],
  };
  const { ledger, killUs } = scene;
  const held = await holdFullDisk(tried, { ledger, killUs, journalModeMayChange: false, roomy });
  expect(held.thrown).toEqual([]);
  return held.findings.map(({ check, database, count, actual }) => ({ check, database, count, actual }));
}

function put(path: string, content: Buffer | string): void {
  writeFileSync(join(scene.dataDir, path), content, { mode: 0o640 });
}

function stateOf(path: string, seq: number): Buffer {
  const content = drilled.snapshots.get(path)?.get(seq);
  if (content === undefined) throw new Error(`no state of ${path} after write ${seq}`);
  return content;
}

test('a loud failure that leaves whole databases or nothing', async () => {
  expect(await found()).toEqual([]);
});

test('an empty folder is nothing', async () => {
  expect(await found(() => mkdirSync(join(scene.dataDir, '.restoring')))).toEqual([]);
});

test('a whole file that nobody told of', async () => {
  const whole = (): void => put(target.hot, stateOf(target.hot, lastSeq(historyOf(target, target.hot))));
  expect(await found(whole)).toEqual([]);
});

test('says success', async () => {
  expect(await found(undefined, { exitCode: 0 })).toEqual([
    { check: 'inventory', database: null, count: 1, actual: 'exit code 0 without 1 database' },
  ]);
});

test('breaks off', async () => {
  expect(await found(undefined, { exitCode: 4 })).toEqual([
    { check: 'inventory', database: null, count: 1, actual: 'exit code 4' },
  ]);
});

test('says nothing of a database that did not come back', async () => {
  expect(await found(undefined, { records: [record(target.idle, 'restored')] })).toEqual([
    { check: 'inventory', database: null, count: 1, actual: '1 database not named' },
  ]);
});

test('tells of a database that is not there', async () => {
  expect(await found(undefined, { records: [record(target.hot, 'restored')] })).toEqual([
    { check: 'inventory', database: target.hot, count: 1, actual: 'it is not there' },
  ]);
});

test.each<[string, (content: Buffer) => Buffer | string]>([
  ['cut off in its middle', (content) => content.subarray(0, Math.floor(content.length / 2))],
  ['cut off in a page', (content) => content.subarray(0, content.length - 100)],
  ['with zeros where there was no more space', (content) => Buffer.from(content).fill(0, content.length / 2)],
  ['of zero bytes', () => ''],
])('a file under the name of a database, %s', async (_how, tear) => {
  const content = stateOf(target.hot, lastSeq(historyOf(target, target.hot)));
  expect(await found(() => put(target.hot, tear(content)))).toEqual([
    { check: 'integrity', database: target.hot, count: 1, actual: expect.any(String) },
  ]);
});

test('a file that is sound, and ends before what the bucket gives where there is room', async () => {
  const last = lastSeq(historyOf(target, target.hot));
  const records = [record(target.hot, 'restored')];
  expect(await found(() => put(target.hot, stateOf(target.hot, last - 2)), { records })).toEqual([
    {
      check: 'integrity',
      database: target.hot,
      count: 1,
      actual: `it ends at write ${last - 2}, and where there is room at ${last}`,
    },
  ]);
});

test('what is wrong where there is room as well is no fault of the disk', async () => {
  edit(scene.dataDir, target.idle, (db) => db.exec('DELETE FROM users WHERE rowid = 1'));
  roomy = (await verifyScene(scene)).databases;
  expect(await found()).toEqual([]);
});

test('a side file, which the next opening would apply', async () => {
  expect(await found(() => put(`${target.idle}-wal`, 'frames'))).toMatchObject([
    { check: 'clean-host', database: target.idle, count: 1 },
  ]);
});

test.each<[RestoreRecord['outcome'], string, readonly string[]]>([
  ['no-file', 'exit code 0, and no file', ['integrity']],
  ['unsound', 'database disk image is malformed', ['integrity']],
  ['unsound', 'quick_check: *** in database main ***', ['integrity']],
  // The recovery could not open it beside its own -shm: that says nothing of the file.
  ['unsound', 'database or disk is full', []],
  ['unsound', 'disk I/O error', []],
  ['failed', FULL, []],
])('Litestream itself: %s, %s', async (outcome, detail, checks) => {
  const findings = await found(undefined, { records: [record(target.hot, outcome, detail)] });
  expect(findings.map(({ check }) => check)).toEqual(checks);
});

test.each<[RestoreRecord['outcome'], string, boolean]>([
  ['failed', FULL, true],
  ['failed', "ENOSPC: no space left on device, open '/x/litestream.yml'", true],
  ['unsound', 'database or disk is full', true],
  ['failed', 'cannot fetch generations: connection refused', false],
  ['timeout', 'no end within 1000 ms', false],
  ['restored', FULL, false],
])('met no space: %s, %s: %s', (outcome, detail, isIt) => {
  expect(metNoSpace(record('system.db', outcome, detail))).toBe(isIt);
});
