import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { judge } from '../../judge/judge-drill.ts';
import { PLANTED_FAULTS } from '../../docs/planted-faults.ts';
import { baseSeq } from '../../ledger/history-state.ts';
import type { ScenarioResult } from '../../result.ts';
import { FAULT_GROUPS, SABOTAGE_SEED } from './all-faults.ts';
import { drillFleet, type DrilledFleet } from './drilled-fleet.ts';
import type { Expected, Fault } from './fault.ts';
import { faultRow } from './fault-row.ts';
import { allFindings, layOut, type Scene, verifyScene } from './scene.ts';
import { evidenceOf } from './scene-evidence.ts';
import { targetIn } from './target.ts';

const docs = readFileSync(PLANTED_FAULTS, 'utf8').split('\n');
let scene: Scene;
afterEach(async () => scene[Symbol.asyncDispose]());

async function provesRed(drilled: DrilledFleet, fault: Fault): Promise<void> {
  scene = await layOut(drilled);
  const target = targetIn(drilled, scene);
  const expected = fault.plant(target);
  const verification = await verifyScene(scene);
  const found = allFindings(verification).map(({ check, database, count }) => {
    const exact = expected.findings.some(
      ([id, path, want]) => id === check && path === database && want === '>0',
    );
    return [check, database, exact ? '>0' : count];
  });
  expect(sorted(found)).toEqual(sorted(expected.findings));
  expect(verification.thrown).toEqual([]);
  for (const [path, { verified, lostWrites, lostWriteAgesMs }] of verification.databases) {
    expect(verified?.thrown ?? []).toEqual([]);
    expectLost(path, lostWrites, expected);
    expect(lostWriteAgesMs).toHaveLength(lostWrites.length);
    const point = expected.recoveryPoint?.[path];
    if (point !== undefined) expect([path, verified?.recoveryPoint]).toEqual([path, point]);
  }
  expectVerdict(judge(evidenceOf(scene, verification)), expected);
  expect(docs, 'npm run docs:faults').toContain(faultRow(fault, expected, target));
}

/** The drill as a whole goes red, by the same checks. */
function expectVerdict({ verdict, checks }: ScenarioResult, expected: Expected): void {
  const failed = checks.filter((check) => check.verdict === 'fail').map(({ id }) => id);
  if (expected.excused === true) {
    expect([verdict, failed]).toEqual(['pass', []]);
    return;
  }
  expect(verdict).toBe('fail');
  expect(failed).toEqual(expect.arrayContaining(expected.findings.map(([check]) => check)));
}

function expectLost(path: string, lostWrites: readonly number[], expected: Expected): void {
  const lost = expected.lost?.[path] ?? [];
  const history = scene.ledger.databases.get(path);
  const all = history === undefined ? [] : [baseSeq(history), ...history.writes.map(({ seq }) => seq)];
  expect([path, lostWrites]).toEqual([path, lost === 'everything' ? all : lost]);
}

function sorted(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

describe.each(['plain', 'shaped'] as const)('a %s fleet', (kind) => {
  let drilled: DrilledFleet;
  beforeAll(async () => {
    drilled = await drillFleet(SABOTAGE_SEED, kind);
  }, 60_000);
  afterAll(async () => drilled[Symbol.asyncDispose]());

  describe.each(FAULT_GROUPS.filter(({ fleet = 'plain' }) => fleet === kind))('$title', ({ faults }) => {
    test.each(faults)('$name', async (fault) => provesRed(drilled, fault));
  });
});
