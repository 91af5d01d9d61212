import type { ScenarioResult, Verdict } from '../result.ts';
import { litestreamInWords } from '../report/subject.ts';
import { type Figure, type Figures, FIGURES, figuresOf } from './figures.ts';
import { type Spread, spreadOf } from './spread.ts';

/** One drill as far as a comparison looks at it. */
export interface Sample {
  readonly runId: string;
  readonly scenario: string;
  readonly supervisor: string;
  readonly litestream: string;
  readonly store: string;
  readonly expect: 'pass' | 'fail';
  readonly verdict: Verdict;
  /** `[litestream] replicate_interval_sec`; null: not known, as in older results. */
  readonly replicateIntervalSec: number | null;
  readonly figures: Figures;
}

/** What became of one figure. `allowance`: so far it may move without meaning anything. */
export interface Move {
  readonly figure: Figure;
  readonly before: Spread | null;
  readonly after: Spread | null;
  readonly allowance: number;
  readonly kind: 'regression' | 'improvement' | 'steady' | 'unmeasured';
}

/** One drill before and after. */
export interface DrillComparison {
  readonly name: string;
  /** Of what it is now, as in the history. */
  readonly key: string;
  readonly verdict: { readonly before: Verdict; readonly after: Verdict };
  /** In words; null: the same subject on the same store. */
  readonly changed: string | null;
  readonly moves: readonly Move[];
}

export interface Comparison {
  readonly tolerance: number;
  readonly drills: readonly DrillComparison[];
  /** What was there before and is not now, or has nothing to be held against: one sentence each. */
  readonly gaps: readonly string[];
  /** What is worse than before beyond tolerance and noise: one sentence each. */
  readonly regressions: readonly string[];
  /** Keys of the drills that these are of. */
  readonly regressedKeys: readonly string[];
}

/** A drill of a result as a sample. */
export function sampleOf(drill: ScenarioResult, runId: string) {
  return {
    runId,
    scenario: drill.id,
    supervisor: drill.subject.supervisor,
    litestream: litestreamInWords(drill.subject),
    store: drill.store.kind,
    expect: drill.expect,
    verdict: drill.verdict,
    replicateIntervalSec: drill.replicateIntervalSec ?? null,
    figures: figuresOf(drill),
  } satisfies Sample;
}

/** What tells the drills of which a history is kept apart: scenario, subject and store. */
export function keyOf({ scenario, supervisor, litestream, store }: Omit<Sample, 'figures'>): string {
  return JSON.stringify([scenario, supervisor, litestream, store]);
}

/** The same in words. */
export function subjectInWords({ scenario, supervisor, litestream, store }: Omit<Sample, 'figures'>): string {
  return `${scenario} (${supervisor}, Litestream ${litestream}, ${store} store)`;
}

/** Medians with spreads; `center`, where given, takes the place of the median of what was before. */
export interface Baseline {
  readonly samples: readonly Sample[];
  /** Those whose median counts; the others only tell the spread. */
  readonly center: readonly Sample[];
}

/** One drill held against what was before. */
export function compareDrill(before: Baseline, after: readonly Sample[], tolerance: number): DrillComparison {
  const [old, now] = [before.center[0], after[0]];
  if (old === undefined || now === undefined) throw new RangeError('nothing to compare');
  const intervalMs = Math.max(...[old, now].map((one) => (one.replicateIntervalSec ?? 0) * 1000));
  return {
    name: now.scenario,
    key: keyOf(now),
    // A repeat of which nothing was measured takes nothing from the passes beside it.
    verdict: { before: worst(measuredOf(before.center)), after: worst(after) },
    changed: keyOf(old) === keyOf(now) ? null : `${subjectInWords(old)} → ${subjectInWords(now)}`,
    // The figures of a negative control are those of a broken subject: nothing is promised about them.
    moves:
      now.expect === 'fail' ? [] : FIGURES.map((one) => moveOf(one, before, after, tolerance, intervalMs)),
  };
}

/** Puts what was found into words, and adds the gaps that are known already. */
export function summarize(
  drills: readonly DrillComparison[],
  gaps: readonly string[],
  tolerance: number,
): Comparison {
  const regressed = drills.map((drill) => ({ key: drill.key, sentences: regressionsOf(drill) }));
  return {
    tolerance,
    drills,
    gaps: [
      ...gaps,
      ...drills.flatMap(({ name, verdict, moves }) => [
        ...(verdict.before === 'inconclusive' ? [`${name} could not be measured before`] : []),
        ...(verdict.after === 'inconclusive' ? [`${name} could not be measured`] : []),
        ...moves
          .filter(({ kind }) => kind === 'unmeasured')
          .map(({ figure }) => `${name}: ${figure.title} is no longer measured`),
      ]),
    ],
    regressions: regressed.flatMap(({ sentences }) => sentences),
    regressedKeys: regressed.filter(({ sentences }) => sentences.length > 0).map(({ key }) => key),
  };
}

function regressionsOf({ name, verdict, moves }: DrillComparison): string[] {
  return [
    ...(verdict.before === 'pass' && verdict.after === 'fail' ? [`${name} passed before and fails now`] : []),
    ...moves.filter(({ kind }) => kind === 'regression').map((move) => `${name}: ${inWords(move)}`),
  ];
}

/** From so many on, repeats tell their own spread. */
const ENOUGH = 3;
/** Three deviations of a normal distribution whose median distance from the median is 1. */
const NOISE_PER_DEVIATION = 3 * 1.4826;
/** Less than this no machine keeps apart from its own scheduling. */
const LEAST_MOVE_MS = 100;

function moveOf(
  figure: Figure,
  before: Baseline,
  after: readonly Sample[],
  tolerance: number,
  intervalMs: number,
): Move {
  const known = (samples: readonly Sample[]): number[] =>
    measuredOf(samples)
      .map(({ figures }) => figures[figure.id] ?? null)
      .filter((value) => value !== null);
  const [all, center, now] = [before.samples, before.center, after].map((some) => spreadOf(known(some)));
  if (all === null || all === undefined || center === null || center === undefined) {
    return { figure, before: null, after: now ?? null, allowance: 0, kind: 'steady' };
  }
  const old = { ...all, median: center.median };
  if (now === null || now === undefined) {
    return { figure, before: old, after: null, allowance: 0, kind: 'unmeasured' };
  }
  const noise =
    all.count < ENOUGH
      ? figure.dependsOnPhase
        ? intervalMs
        : 0
      : NOISE_PER_DEVIATION * Math.max(all.deviation, now.count < ENOUGH ? 0 : now.deviation);
  const allowance = Math.max(tolerance * old.median, noise, figure.unit === 'ms' ? LEAST_MOVE_MS : 0);
  const move = now.median - old.median;
  const kind = move > allowance ? 'regression' : move < -allowance ? 'improvement' : 'steady';
  return { figure, before: old, after: now, allowance, kind };
}

/** A fault of the rig spoils the figures as well. */
function measuredOf(samples: readonly Sample[]): readonly Sample[] {
  return samples.filter(({ verdict }) => verdict !== 'inconclusive');
}

function inWords({ figure, before, after, allowance }: Move): string {
  const value = (number: number | undefined): string => `${Math.round(number ?? 0)} ${figure.unit}`;
  return `${figure.title} ${value(before?.median)} → ${value(after?.median)} (may move by ${value(allowance)})`;
}

function worst(samples: readonly Sample[]): Verdict {
  const order = ['fail', 'inconclusive', 'pass'] as const;
  return order.find((wanted) => samples.some(({ verdict }) => verdict === wanted)) ?? 'inconclusive';
}
