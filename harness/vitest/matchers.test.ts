import { beforeAll, describe, expect, test } from 'vitest';
import type { Evidence } from '../evidence.ts';
import { databaseIn, evidenceWith, greenRun } from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import type { Result } from '../result.ts';
import { addDrillMatchers } from './matchers.ts';

beforeAll(addDrillMatchers);

function resultOf(change: (evidence: Evidence) => void = () => undefined): Result {
  const evidence = evidenceWith(change);
  return judgeRun([evidence], greenRun([evidence]));
}

/** A realm of which an acknowledged write of this age was lost. */
function losing(ageMs: number): Result {
  return resultOf((evidence) => {
    Object.assign(databaseIn(evidence, 'shop/data.db'), { lostWriteAgesMs: [ageMs], acknowledged: 101 });
  });
}

const unmeasured = resultOf((evidence) => {
  evidence.kill = null;
  evidence.databases = [];
});

describe('toPassDrill', () => {
  test('holds for a pass alone', () => {
    expect(resultOf()).toPassDrill();
    expect(() => expect(losing(9_000_000)).toPassDrill()).toThrow(/^fail: .*[^]*fail objectives/);
    expect(losing(9_000_000)).not.toPassDrill();
  });

  test('neither it nor its negation holds for what could not be measured', () => {
    expect(unmeasured.verdict).toBe('inconclusive');
    expect(() => expect(unmeasured).toPassDrill()).toThrow(/inconclusive/);
    expect(() => expect(unmeasured).not.toPassDrill()).toThrow(/inconclusive/);
  });
});

describe('toHaveRpoBelow, toHaveRtoBelow', () => {
  test('go by the worst database, and the limit itself is not below it', () => {
    expect(losing(1200)).toHaveRpoBelow(1201);
    expect(() => expect(losing(1200)).toHaveRpoBelow(1200)).toThrow('below 1200 ms, measured 1200 ms');
    const rtoMs = resultOf().scenarios[0]?.measurements.rtoMs ?? Number.NaN;
    expect(resultOf()).toHaveRtoBelow(rtoMs + 1);
    expect(() => expect(resultOf()).toHaveRtoBelow(rtoMs)).toThrow('RTO');
  });

  test('neither they nor their negations hold for what could not be measured', () => {
    expect(() => expect(unmeasured).toHaveRpoBelow(1e9)).toThrow('RPO was not measured');
    expect(() => expect(unmeasured).not.toHaveRpoBelow(1)).toThrow('RPO was not measured');
    expect(() => expect(unmeasured).not.toHaveRtoBelow(1)).toThrow('RTO was not measured');
    expect(() => expect({ ...resultOf(), scenarios: [] }).toHaveRpoBelow(1)).toThrow('there is no drill');
  });

  test('a limit that is no number is a mistake, not a limit', () => {
    expect(() => expect(losing(1200)).not.toHaveRpoBelow(Number.NaN)).toThrow(RangeError);
  });
});
