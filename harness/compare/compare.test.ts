import { describe, expect, it, test } from 'vitest';
import { greenEvidence } from '../judge/green-evidence.ts';
import { judge } from '../judge/judge.ts';
import { renderComparison } from '../report/moves.ts';
import { sparkline } from '../report/sparkline.ts';
import { compareSets, compareWithLastPass, type Earlier } from './against.ts';
import { type Comparison, type Sample, sampleOf } from './compare.ts';
import { spreadOf } from './spread.ts';

const GREEN = sampleOf(judge(greenEvidence()), 'r');

/** Drills of which one figure is as given and everything else is the same. */
function withFigure(id: string, values: readonly number[], change: Partial<Sample> = {}): Earlier[] {
  return values.map((value, index) => ({
    ...GREEN,
    runId: `r${index}`,
    regressed: false,
    ...change,
    figures: { ...GREEN.figures, [id]: value },
  }));
}

function kindOf({ drills }: Comparison, id: string): string | undefined {
  return drills[0]?.moves.find(({ figure }) => figure.id === id)?.kind;
}

function compared(id: string, before: readonly number[], after: readonly number[]): string | undefined {
  return kindOf(compareSets(withFigure(id, before), withFigure(id, after), 0.25), id);
}

test.each([
  [[3], { median: 3, deviation: 0, count: 1 }],
  [[1, 2], { median: 1.5, deviation: 0.5, count: 2 }],
  [[9, 1, 2, 3, 100], { median: 3, deviation: 2, count: 5 }],
  [[], null],
])('spread of %j', (values, expected) => expect(spreadOf(values)).toEqual(expected));

describe('one figure', () => {
  test.each([
    ['within the tolerance', [10_000], [12_400], 'steady'],
    ['beyond it', [10_000], [12_600], 'regression'],
    ['better by more', [10_000], [7000], 'improvement'],
    ['twice, but by less than a machine keeps apart', [50], [120], 'steady'],
    [
      'the median of repeats counts, not the worst',
      [10_000, 10_100, 9900],
      [10_000, 10_200, 30_000],
      'steady',
    ],
    ['noisy repeats may move by their noise', [4000, 10_000, 16_000], [10_000, 20_000, 22_000], 'steady'],
    ['steady repeats may not', [10_000, 10_050, 9950], [13_000, 13_100, 12_900], 'regression'],
    ['noise of now counts as well', [10_000, 10_050, 9950], [4000, 13_000, 22_000], 'steady'],
  ])('%s', (_, before, after, kind) => expect(compared('rtoMs', before, after)).toBe(kind));

  it('that depends on the phase of replication may move by an interval until repeats tell its spread', () => {
    expect(compared('rpoMs', [1000], [9000])).toBe('steady');
    expect(compared('rpoMs', [1000], [11_500])).toBe('regression');
    expect(compared('rpoMs', [1000, 1100, 900], [9000, 9000, 9000])).toBe('regression');
  });

  it('that counts losses may not move at all', () => {
    expect(compared('lostWritesBeyondRpo', [0], [1])).toBe('regression');
  });

  it('that is no longer measured is a gap, and one that never was is none', () => {
    const lacking = [{ ...GREEN, figures: { ...GREEN.figures, rtoMs: null } }];
    const lost = compareSets([GREEN], lacking, 0.25);
    expect(lost.gaps).toEqual(['tiny: RTO is no longer measured']);
    expect(compareSets(lacking, [GREEN], 0.25)).toMatchObject({ gaps: [], regressions: [] });
  });
});

describe('verdicts', () => {
  it('passed before and fails now: a regression, whatever the figures say', () => {
    const { regressions } = compareSets([GREEN], [{ ...GREEN, verdict: 'fail' }], 10);
    expect(regressions).toEqual(['tiny passed before and fails now']);
  });

  it('what could not be measured is a gap, and its figures say nothing', () => {
    const after = withFigure('rtoMs', [900_000], { verdict: 'inconclusive' });
    const { regressions, gaps } = compareSets(withFigure('rtoMs', [1000]), after, 0.25);
    expect(regressions).toEqual([]);
    expect(gaps).toContain('tiny could not be measured');
  });

  it('what could not be measured before is a gap, and a pass beside it is still a pass', () => {
    const unmeasured: Sample = { ...GREEN, verdict: 'inconclusive' };
    const red: Sample = { ...GREEN, verdict: 'fail' };
    expect(compareSets([unmeasured], [red], 0.25).gaps).toEqual(['tiny could not be measured before']);
    const { gaps, regressions } = compareSets([GREEN, GREEN, unmeasured], [red], 0.25);
    expect({ gaps, regressions }).toEqual({
      gaps: [],
      regressions: ['tiny passed before and fails now'],
    });
  });

  it('of a negative control only the verdict counts', () => {
    const [before, after] = [
      withFigure('rtoMs', [1], { expect: 'fail' }),
      withFigure('rtoMs', [99_999], { expect: 'fail' }),
    ];
    expect(compareSets(before, after, 0.25).drills[0]?.moves).toEqual([]);
  });
});

describe('which drills belong together', () => {
  const other = { ...GREEN, litestream: '0.5.17' };

  it('the same scenario, subject and store; else the only one of the scenario, and that is told', () => {
    expect(compareSets([GREEN], [GREEN], 0.25).drills[0]?.changed).toBe(null);
    expect(compareSets([GREEN], [other], 0.25).drills[0]?.changed).toBe(
      'tiny (drill supervise, Litestream 0.3.13, embedded store) → tiny (drill supervise, Litestream 0.5.17, embedded store)',
    );
  });

  it('a drill that is gone is a gap; nothing in common too', () => {
    expect(compareSets([GREEN, other], [other], 0.25)).toMatchObject({
      drills: [{ name: 'tiny' }],
      gaps: ['tiny (drill supervise, Litestream 0.3.13, embedded store) is only in the first'],
    });
    const foreign = { ...GREEN, scenario: 'else' };
    expect(compareSets([GREEN], [foreign], 0.25).gaps).toContain('nothing to compare: no drill is in both');
  });
});

describe('against the last pass', () => {
  const now = (value: number): Sample[] => withFigure('rtoMs', [value]);
  const against = (history: readonly Earlier[], value: number): Comparison =>
    compareWithLastPass(history, now(value), 0.25);

  it('the last pass counts, and earlier ones tell the noise', () => {
    expect(against(withFigure('rtoMs', [10_000]), 13_000).regressedKeys).toHaveLength(1);
    expect(kindOf(against(withFigure('rtoMs', [6000, 14_000, 10_000]), 13_000), 'rtoMs')).toBe('steady');
    expect(kindOf(against(withFigure('rtoMs', [20_000, 20_000, 20_000, 10_000]), 13_000), 'rtoMs')).toBe(
      'regression',
    );
  });

  it('a red drill, and one that was itself a regression, are no pass: one bad night is not the new normal', () => {
    const good = withFigure('rtoMs', [10_000]);
    const slow = withFigure('rtoMs', [13_000], { runId: 'slow' }).map((one) => ({ ...one, regressed: true }));
    const red = withFigure('rtoMs', [13_000], { runId: 'red', verdict: 'fail' });
    expect(kindOf(against([...good, ...slow, ...red], 13_000), 'rtoMs')).toBe('regression');
  });

  it('without one there is nothing to hold it against: a gap', () => {
    expect(against([], 1).gaps).toEqual([
      'no earlier pass of tiny (drill supervise, Litestream 0.3.13, embedded store)',
    ]);
    const onOther = withFigure('rtoMs', [1], { store: 'minio' });
    expect(against(onOther, 1).gaps).toHaveLength(1);
  });
});

test('a comparison is told with the figures, and worst last', () => {
  const text = renderComparison(
    compareSets(withFigure('rtoMs', [10_000]), withFigure('rtoMs', [15_000]), 0.25),
    {
      columns: 100,
      colour: false,
    },
  );
  expect(text).toMatch(/^ {2}RTO +10\.0 s +15\.0 s +\+50 % +2\.5 s +worse$/m);
  expect(text.trimEnd()).toMatch(
    /worse: tiny: RTO 10000 ms → 15000 ms \(may move by 2500 ms\)\nWORSE {2}tolerance 25 %$/,
  );
});

test.each([
  [[1, 2, 3, null, 8], '▁▂▃ █'],
  [[5, 5], '▁▁'],
])('sparkline of %j', (values, line) => expect(sparkline(values)).toBe(line));
