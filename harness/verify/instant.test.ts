import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeAt } from '../ledger/history-state.ts';
import { holdAgainstInstant } from './instant.ts';
import { drillFleet, type DrilledFleet } from './sabotage/drilled-fleet.ts';
import { edit, layOut, type Scene } from './sabotage/scene.ts';
import { historyOf, type Target, targetIn } from './sabotage/target.ts';

/** What comes back for the instant of write `SEQ`. */
const SEQ = 20;
let drilled: DrilledFleet;
let scene: Scene;
let target: Target;
beforeAll(async () => {
  drilled = await drillFleet(7);
}, 60_000);
afterAll(async () => drilled[Symbol.asyncDispose]());
beforeEach(async () => {
  scene = await layOut(drilled);
  target = targetIn(drilled, scene);
});
afterEach(async () => scene[Symbol.asyncDispose]());

/** A file as it was after a write, possibly changed, held against the instant of write `SEQ`. */
async function held(seq: number, change?: () => void, from = target.hot) {
  const history = historyOf(target, target.hot);
  const file = join(scene.dataDir, target.hot);
  const content = drilled.snapshots.get(from)?.get(seq);
  if (content === undefined) throw new Error(`no state after write ${seq}`);
  writeFileSync(file, content);
  change?.();
  const askedUs = writeAt(history, SEQ)?.atUs ?? 0;
  return holdAgainstInstant({
    file,
    history,
    seq: SEQ,
    askedUs,
    scratchDir: scene.dataDir,
    journalModeMayChange: false,
  });
}

test('exactly that write', async () => {
  expect(await held(SEQ)).toEqual({
    recoveryPoint: SEQ,
    newest: SEQ,
    newerByMs: 0,
    lostAgesMs: [],
    findings: [],
    thrown: [],
  });
});

test('earlier: what had been acknowledged and is not there, by its age at the instant; nothing of what came later', async () => {
  const seen = await held(SEQ - 3);
  expect(seen).toMatchObject({ recoveryPoint: SEQ - 3, newest: SEQ - 3, findings: [] });
  const atUs = (seq: number): number => writeAt(historyOf(target, target.hot), seq)?.atUs ?? 0;
  expect(seen.lostAgesMs).toEqual([2, 1, 0].map((before) => (atUs(SEQ) - atUs(SEQ - before)) / 1000));
});

test('later: by how many writes, and by how long at least', async () => {
  const seen = await held(SEQ + 5);
  expect(seen).toMatchObject({ newest: SEQ + 5, lostAgesMs: [], findings: [] });
  const history = historyOf(target, target.hot);
  const begunUs = writeAt(history, SEQ + 4)?.atUs ?? 0;
  expect(seen.newerByMs).toBe((begunUs - (writeAt(history, SEQ)?.atUs ?? 0)) / 1000);
});

test('torn: a row of it is missing', async () => {
  const seen = await held(SEQ, () =>
    edit(scene.dataDir, target.hot, (db) => db.exec('DELETE FROM users WHERE rowid = 1')),
  );
  expect(seen.findings.map(({ check }) => check)).toEqual(expect.arrayContaining(['row-counts']));
  expect(seen.recoveryPoint).toBeLessThan(SEQ);
});

test("another tenant's: everything is lost", async () => {
  const seen = await held(0, undefined, target.idle);
  expect(seen.findings.map(({ check }) => check)).toContain('identity');
  expect(seen.recoveryPoint).toBe(0);
  expect(seen.lostAgesMs).toHaveLength(SEQ + 1);
});
