import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
  expect(scenario.faults, scenario.reason).toEqual([{ id: 'hole', engaged: true, count: 32 }]);
  // The control was caught: without `expect: fail` it is red, by its objective.
  expect(scenario.verdict, scenario.reason).toBe('pass');
  expect(scenario.objectives.filter(({ verdict }) => verdict === 'fail')).not.toEqual([]);

  const runDir = join(folder, readdirSync(folder)[0] ?? '', result.runId);
  const evidenceDir = join(runDir, 'evidence', scenario.drillId);
  const holes = holesIn(readFileSync(join(runDir, 'events.ndjson'), 'utf8'));
  expect(holes).toHaveLength(32);
  // From the first object to the last one, and no stretch between them is left out.
  const places = holes.map(({ at, length }) => (at - 1) / (length - 1)).toSorted((a, b) => a - b);
  expect([places[0], places.at(-1)]).toEqual([0, 1]);
  const steps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
  expect(Math.max(...steps)).toBeLessThan(0.1);

  const acknowledged = acknowledgedIn(join(evidenceDir, 'ledger', 'life-1'));
  const apps = scenario.databases.filter(({ path }) => path.includes('/apps/'));
  expect(apps).toHaveLength(32);
  for (const { path, failedChecks, lostWrites } of apps) {
    const written = acknowledged.get(path) ?? [];
    // The creation of a database that does not come back is lost with it.
    const wanted = failedChecks.includes('inventory')
      ? written.length + 1
      : written.filter((seq) => seq > lastWrite(join(runDir, 'work', scenario.drillId, 'host-2/data', path)))
          .length;
    expect(lostWrites, path).toBe(wanted);
  }
});

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
