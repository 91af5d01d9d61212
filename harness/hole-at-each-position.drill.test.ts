import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drillJson, lastWrite } from './cli-rig.ts';
import type { LedgerRecord } from './ledger/records.ts';
import { litestreamUnderTest } from './litestream/under-test.ts';

/** A hole at every position of a replica, on the line under test: what each costs is counted here once more, from the raw ledger. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-each-hole-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is red, and counts the lost writes of each database exactly', async () => {
  const { path: litestream } = await litestreamUnderTest();
  const args = ['--scenario=hole-at-each-position', '--seed=5', '--store=embedded', '--keep'];
  const { scenario, result } = await drillJson(folder, args, litestream);
  expect(scenario.faults, scenario.reason).toEqual([{ id: 'hole', engaged: true, count: 40 }]);
  // The control was caught: without `expect: fail` it is red, by its objective.
  expect(scenario.verdict, scenario.reason).toBe('pass');
  expect(scenario.objectives.filter(({ verdict }) => verdict === 'fail')).not.toEqual([]);

  const runDir = runDirOf(result.runId);
  const evidenceDir = join(runDir, 'evidence', scenario.drillId);
  const holes = holesIn(readFileSync(join(runDir, 'events.ndjson'), 'utf8'));
  expect(holes).toHaveLength(40);
  // From the first object to the last one, and no stretch between them is left out.
  const places = holes.map(({ at, length }) => (at - 1) / (length - 1)).toSorted((a, b) => a - b);
  expect([places[0], places.at(-1)]).toEqual([0, 1]);
  // No replica is longer than there are holes, so that each position has one.
  expect(Math.max(...holes.map(({ length }) => length))).toBeLessThanOrEqual(40);
  const steps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
  expect(Math.max(...steps)).toBeLessThan(0.1);

  const acknowledged = acknowledgedIn(join(evidenceDir, 'ledger', 'life-1'));
  const apps = scenario.databases.filter(({ path }) => path.includes('/apps/'));
  expect(apps).toHaveLength(40);
  for (const { path, failedChecks, lostWrites, lostAt } of apps) {
    // However little a hole costs: what was taken out had been uploaded, and is told as that; what was in the last object
    // of all nobody can tell any more.
    expect((lostAt?.unreachable ?? 0) + (lostAt?.unclear ?? 0), path).toBeGreaterThan(0);
    const written = acknowledged.get(path) ?? [];
    // The creation of a database that does not come back is lost with it.
    const wanted = failedChecks.includes('inventory')
      ? written.length + 1
      : written.filter((seq) => seq > lastWrite(join(runDir, 'work', scenario.drillId, 'host-2/data', path)))
          .length;
    expect(lostWrites, path).toBe(wanted);
  }
});

it('calls no object sound that is cut off, rotten, older or foreign, wherever it is', async () => {
  const { path: litestream } = await litestreamUnderTest();
  const file = join(folder, 'damage.yaml');
  const faults = ['truncated', 'bit-flipped', 'older', 'foreign'].map(
    (damage) => `  - { id: ${damage}, kind: bucket-object, damage: ${damage}, at: each, databases: 8 }`,
  );
  writeFileSync(
    file,
    `id: damage-at-each-position
title: One object in each replica is not what was uploaded, at another place in each
tier: smoke
fleet: { realms: 2, appsPerRealm: 16, rowsPerApp: { min: 40, max: 40, skew: uniform }, idleShare: 0 }
supervisor: { replicateIntervalSec: 1 }
workload: { writesPerSecond: 200, duration: 8s }
disaster: { kind: host-loss, at: 8s }
recovery: { secondLife: false }
objectives: ['rpoMs max < 4000', 'unreachableWrites == 0']
faults:
${faults.join('\n')}
`,
  );
  const args = [`--scenario=${file}`, '--seed=5', '--store=embedded', '--keep'];
  const { scenario, result } = await drillJson(folder, args, litestream);
  expect(scenario.faults.filter(({ engaged }) => !engaged)).toEqual([]);
  expect(scenario.verdict, scenario.reason).toBe('fail');
  const apps = scenario.databases.filter(({ path }) => path.includes('/apps/'));
  const runDir = runDirOf(result.runId);
  const events = readFileSync(join(runDir, 'events.ndjson'), 'utf8');
  // What was in the last object of all nobody can tell any more, and says so.
  const open = apps.filter(({ lostAt }) => (lostAt?.unclear ?? 0) > 0);
  // 0.5 takes a foreign object of few pages for its own: where each of them was written again later, nothing is wrong.
  const isOvertaken = ({ path, rowsExpected, rowsRestored }: (typeof apps)[number]): boolean =>
    events.includes(`"foreign: prod/${path}/`) && rowsRestored === rowsExpected;
  expect(apps.filter((app) => app.verdict === 'pass' && !isOvertaken(app))).toEqual([]);
  expect(apps.filter((app) => app.verdict === 'inconclusive' && !open.includes(app))).toEqual([]);

  // Whatever came back and is sound lacks exactly what is counted as lost.
  const acknowledged = acknowledgedIn(join(runDir, 'evidence', scenario.drillId, 'ledger', 'life-1'));
  for (const { path, failedChecks, lostWrites } of apps) {
    if (failedChecks.some((id) => id !== 'objectives')) continue;
    const last = lastWrite(join(runDir, 'work', scenario.drillId, 'host-2/data', path));
    expect(lostWrites, path).toBe((acknowledged.get(path) ?? []).filter((seq) => seq > last).length);
  }
});

/** Where a run lies: each has a folder of its own. */
function runDirOf(runId: string): string {
  const [found] = readdirSync(folder).filter((name) => existsSync(join(folder, name, runId)));
  return join(folder, found ?? '', runId);
}

interface Hole {
  readonly at: number;
  readonly length: number;
}

/** Where the saboteur says that it has taken an object out. */
function holesIn(events: string): Hole[] {
  return [...events.matchAll(/\((\d+) of (\d+)\) removed/g)].map(([, at, length]) => ({
    at: Number(at),
    length: Number(length),
  }));
}

/** The numbers of the acknowledged writes of each database, creations left out. */
function acknowledgedIn(folderOfLedger: string): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const name of readdirSync(folderOfLedger).filter((one) => one.startsWith('writer-'))) {
    for (const line of readFileSync(join(folderOfLedger, name), 'utf8').split('\n').slice(0, -1)) {
      const record = JSON.parse(line) as LedgerRecord;
      if (record.t === 'ack') numbers.set(record.db, [...(numbers.get(record.db) ?? []), record.seq]);
    }
  }
  return numbers;
}
