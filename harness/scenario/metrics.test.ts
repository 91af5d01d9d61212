import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Measurements } from '../result.ts';
import { holds, measuredBy, METRICS, type Objective, parseObjective } from './metrics.ts';

const spread = { p50: 1, p95: 2, p99: 3, max: 4 };
const measurements: Measurements = {
  rpoMs: spread,
  recoveryPointAgeMs: spread,
  rtoMs: 5,
  restoreMs: 6,
  verifyMs: 7,
  firstDatabaseMs: 8,
  protectedAgainMs: null,
  timeToProtectionMs: spread,
  skewMs: null,
  acknowledgedWrites: 10,
  lostWrites: 11,
  lostWritesBeyondRpo: 12,
  unknownWrites: 13,
  refusedWrites: 14,
  databasesRestored: 15,
  clockUncertaintyMs: 16,
  rtoStagesMs: {},
  writeLatencyMs: spread,
  pointInTimeRpoMs: spread,
  pointInTimeRestoreMs: spread,
};

function parsed(expression: string): Objective {
  const { objective, problem } = parseObjective(expression);
  if (objective === null) throw new Error(problem);
  return objective;
}

describe('parseObjective', () => {
  test('reads a distribution with its aggregate, a scalar without', () => {
    expect(parsed('rpoMs max < 15000')).toEqual({
      expression: 'rpoMs max < 15000',
      metric: 'rpoMs',
      aggregate: 'max',
      operator: '<',
      threshold: 15_000,
    });
    expect(parsed('  lostWritesBeyondRpo==0 ')).toMatchObject({
      aggregate: null,
      operator: '==',
      threshold: 0,
    });
    expect(parsed('rpoMs p99<=0.5')).toMatchObject({ aggregate: 'p99', operator: '<=', threshold: 0.5 });
  });

  test.each([
    ['rpoMS max < 1', 'there is no metric rpoMS; did you mean rpoMs?'],
    ['lostWriteBeyondRpo == 0', 'there is no metric lostWriteBeyondRpo; did you mean lostWritesBeyondRpo?'],
    ['constructor < 1', 'there is no metric constructor'],
    ['rpoMs < 1', 'rpoMs has a figure for every database: say which, p50, p95, p99, max'],
    ['rpoMs p90 < 1', 'rpoMs has no p90: use one of p50, p95, p99, max'],
    ['rtoMs max < 1', 'rtoMs is a single figure: leave max out'],
    ['rtoMs = 1', '= is not an operator: use one of < <= > >= == !='],
    ['rtoMs < 2m', "2m is not a plain number: the unit is in the metric's name"],
    ['rtoMs < -1', "-1 is not a plain number: the unit is in the metric's name"],
    ['rtoMs < NaN', "NaN is not a plain number: the unit is in the metric's name"],
    [
      'be quick',
      '"be quick" is not an objective: write metric [p50|p95|p99|max] operator number, like "rpoMs max < 15000"',
    ],
    ['', '"" is not an objective: write metric [p50|p95|p99|max] operator number, like "rpoMs max < 15000"'],
  ])('%s: %s', (expression, problem) => {
    expect(parseObjective(expression)).toEqual({ objective: null, problem });
  });

  test('every metric can be asked for, and what is printed is read back', () => {
    const numbers = fc.oneof(
      fc.nat(),
      fc.double({ min: 0, max: 1e9, noNaN: true }).map((x) => Number(x.toFixed(3))),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...METRICS),
        fc.constantFrom('p50', 'p95', 'p99', 'max'),
        fc.constantFrom('<', '<=', '>', '>=', '==', '!='),
        numbers.filter((number) => !String(number).includes('e')),
        (metric, aggregate, operator, number) => {
          const whole = Object.hasOwn(spreads(), metric) ? `${metric} ${aggregate}` : metric;
          const objective = parsed(`${whole} ${operator} ${number}`);
          expect(objective).toMatchObject({ metric, operator, threshold: number });
        },
      ),
    );
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { objective, problem } = parseObjective(text);
        expect(objective === null).toBe(problem !== null);
      }),
    );
  });
});

test('measuredBy picks the figure, and null stays null', () => {
  expect(measuredBy(parsed('rpoMs p95 < 1'), measurements)).toBe(2);
  expect(measuredBy(parsed('rtoMs < 1'), measurements)).toBe(5);
  expect(measuredBy(parsed('skewMs max < 1'), measurements)).toBeNull();
  expect(measuredBy(parsed('protectedAgainMs < 1'), measurements)).toBeNull();
  // A result from before this figure was measured.
  expect(measuredBy(parsed('tornDatabases == 0'), measurements)).toBeNull();
});

test.each([
  ['<', [true, false, false]],
  ['<=', [true, true, false]],
  ['>', [false, false, true]],
  ['>=', [false, true, true]],
  ['==', [false, true, false]],
  ['!=', [true, false, true]],
] as const)('holds: 4, 5 and 6 %s 5', (operator, expected) => {
  const objective = parsed(`rtoMs ${operator} 5`);
  expect([4, 5, 6].map((actual) => holds(objective, actual))).toEqual(expected);
});

function spreads(): object {
  const { rpoMs, recoveryPointAgeMs, timeToProtectionMs, skewMs, writeLatencyMs } = measurements;
  const { pointInTimeRpoMs, pointInTimeRestoreMs } = measurements;
  const ofDatabases = { rpoMs, recoveryPointAgeMs, timeToProtectionMs, skewMs, writeLatencyMs };
  return { ...ofDatabases, pointInTimeRpoMs, pointInTimeRestoreMs };
}
