import { describe, expect, test } from 'vitest';
import type { Evidence } from '../evidence.ts';
import type { OwnCheckRecord } from '../evidence/own-check.ts';
import { evidenceSchema } from '../evidence.ts';
import { resultSchema, type ScenarioResult } from '../result.ts';
import { evidenceWith } from './green-evidence.ts';
import { judge } from './judge.ts';

const SHOP = 'realms/acme/apps/shop/data.db';
const GREEN: OwnCheckRecord = {
  name: 'orders',
  offered: 3,
  opened: 1,
  durationMs: 5,
  findings: [],
  error: null,
};
const FINDING = { database: SHOP, expected: '4 orders', actual: '3 orders', detail: '', count: 1 };

function judged(
  records: readonly Partial<OwnCheckRecord>[],
  change: (evidence: Evidence) => void = () => undefined,
) {
  const result = judge(
    evidenceSchema.parse(
      evidenceWith((evidence) => {
        evidence.scenario.ownChecks = ['orders'];
        evidence.ownChecks = records.map((record) => ({ ...GREEN, ...record }));
        change(evidence);
      }),
    ),
  );
  return resultSchema.shape.scenarios.element.parse(result);
}

function own(result: ScenarioResult): ScenarioResult['checks'][number] | undefined {
  return result.checks.find(({ id }) => id === 'own:orders');
}

describe("a check of the scenario's own", () => {
  test('that finds nothing holds, and says where it looked', () => {
    const result = judged([{}]);
    expect(result.verdict).toBe('pass');
    expect(own(result)).toMatchObject({ verdict: 'pass', actual: 'nothing found in 1 restored database' });
  });

  test('that finds something is red, on its database, with its count', () => {
    const result = judged([{ findings: [{ ...FINDING, count: 7 }] }]);
    expect(result).toMatchObject({ verdict: 'fail', reason: '1 check failed: own:orders' });
    expect(own(result)).toMatchObject({ verdict: 'fail', expected: '4 orders', detail: `${SHOP}: 7` });
    expect(result.databases.find(({ path }) => path === SHOP)).toMatchObject({
      verdict: 'fail',
      failedChecks: ['own:orders'],
    });
  });

  test.each([
    ['threw', [{ error: 'it threw: no such table' }]],
    ['did not run', []],
    ['was offered no database', [{ offered: 0, opened: 0 }]],
    ['opened no database', [{ opened: 0 }]],
    ['is another one', [{ name: 'others' }]],
  ])('that %s is inconclusive, never a pass', (_, records) => {
    const result = judged(records);
    expect(result.verdict).toBe('inconclusive');
    expect(own(result)?.verdict).toBe('inconclusive');
  });

  test('can be what a negative control is caught by, and only by a finding', () => {
    const control = (evidence: Evidence): void => {
      Object.assign(evidence.scenario, { expect: 'fail', mustFail: ['own:orders'] });
    };
    expect(judged([{ findings: [FINDING] }], control).verdict).toBe('pass');
    expect(judged([{}], control).verdict).toBe('fail');
    expect(judged([{ error: 'it threw' }], control).verdict).toBe('inconclusive');
  });
});
