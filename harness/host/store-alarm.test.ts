import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { type AlarmChange, StoreAlarmWatch, storeAlarmEvidence } from './store-alarm.ts';
import { readStoreAlarm } from './subject.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-store-alarm-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const KILL_US = 1000;
const REFUSED = [300, 200, 900];

function changes(...told: readonly (readonly [number, boolean])[]): AlarmChange[] {
  return told.map(([atUs, isRaised]) => ({ atUs, isRaised }));
}

it.each([
  ['an error after the first refusal', changes([10, false], [250, true]), true, 250],
  ['none at all', changes([10, false]), true, null],
  ['one that was told all the time', changes([10, true]), false, null],
  ['one that came before and stayed', changes([10, false], [190, true]), false, null],
  ['one that came before, went and came again', changes([10, true], [400, false], [500, true]), false, 500],
  ['one in the first file that could be read', changes([250, true]), false, null],
  ['one after the kill', changes([10, false], [1001, true]), true, null],
  ['no file', [], false, null],
])('the alarm over a refusal: %s', (_what, told, wasClear, raisedUs) => {
  expect(storeAlarmEvidence(told, REFUSED, KILL_US)).toEqual({
    wasClear,
    firstRefusedUs: 200,
    lastRefusedUs: 900,
    raisedUs,
  });
});

it('is an answer to nothing where nothing was refused', () => {
  const { firstRefusedUs, raisedUs } = storeAlarmEvidence(changes([10, false], [250, true]), [], KILL_US);
  expect({ firstRefusedUs, raisedUs }).toEqual({ firstRefusedUs: null, raisedUs: null });
});

it('notes when the status file begins to tell of an error, and when it ends', async () => {
  const file = join(folder, 'litestream-status.json');
  await using watch = await StoreAlarmWatch.open(file, systemClock);
  for (const [index, error] of [null, 'Access Denied', null, ''].entries()) {
    writeFileSync(file, JSON.stringify({ bucket: { error } }));
    await expect.poll(() => watch.changes.length, { timeout: 10_000 }).toBe(index + 1);
  }
  expect(watch.changes.map(({ isRaised }) => isRaised)).toEqual([false, true, false, true]);
});

it.each(['{"bucket":', '{}', '{"bucket":{}}'])(
  'a status file that says %s says nothing of the bucket',
  async (text) => {
    const file = join(folder, 'other-status.json');
    writeFileSync(file, text);
    expect(await readStoreAlarm(file)).toBeNull();
  },
);
