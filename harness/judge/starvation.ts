import type { Evidence } from '../evidence.ts';
import type { LostAt } from '../evidence/database.ts';
import type { SubjectFailureCode } from '../failure-classes.ts';
import type { CheckResult, Measurements, ObjectiveResult } from '../result.ts';
import { lateIn, parseObjective } from '../scenario/metrics.ts';

/**
 * A machine whose processors were taken by others. Whatever is timed there is late, the subject with it: a figure of
 * time proves nothing then. It makes nothing better, so what was kept all the same is kept.
 */

/**
 * Nothing left over, and at least half of it somebody else's. On two processors a drill needs half of one; with ten
 * busy programs beside it 80 to 90 % go to others, none is idle, and an RPO of 1 s becomes one of 18 s.
 */
const LEAST_IDLE = 0.1;
const OTHERS = 0.5;

/** Phases whose length makes a figure. */
type Phases = readonly string[];

const LATE_BY_CODE: Readonly<Partial<Record<SubjectFailureCode, Phases>>> = {
  'never-protected': ['await protection'],
};

/** What a judgement has of a drill when it asks whose fault a failure is. */
export interface Judged {
  readonly checks: readonly CheckResult[];
  readonly objectives: readonly ObjectiveResult[];
  readonly measurements: Pick<Measurements, 'lostWrites' | 'databasesRestored'>;
  /** Where what was lost was at the kill; null: nothing was lost, or nobody can tell. */
  readonly lostAt: LostAt | null;
}

/**
 * Why a drill that failed shows nothing; null: its failure is the subject's. Only lateness is excused, and only where the
 * machine was taken in each phase that was too long. What no loss explains, however old, is wrong on any machine.
 *
 * @param lenient the checks as they are if every age of a lost write is accepted; made only where the machine was taken
 */
export function starvation(
  evidence: Evidence,
  judged: Judged,
  lenient: () => readonly CheckResult[],
): string | null {
  // A subject of which nothing at all came back did not work, however young its databases were.
  if (evidence.subjectFailures.length > 0 && judged.measurements.databasesRestored === 0) return null;
  const isBeyondRpo = hasFailed(judged.checks);
  const broken = judged.objectives.filter(({ verdict }) => verdict === 'fail');
  const late: readonly Phases[] = [
    ...evidence.subjectFailures.map(({ code }) => LATE_BY_CODE[code as SubjectFailureCode] ?? []),
    ...broken.map(({ expression }) => lateIn(expression)),
    ...(isBeyondRpo ? [['load']] : []),
  ];
  const words = late.map((phases) => starvedIn(evidence, phases, judged));
  const [first = null] = words;
  return first === null || words.includes(null) || hasFailed(lenient()) ? null : first;
}

/** Whether a check has failed that is none of figures. */
function hasFailed(checks: readonly CheckResult[]): boolean {
  return checks.some(({ id, verdict }) => verdict === 'fail' && id !== 'objectives');
}

/** Checks of a negative control that a busy machine makes red too, by the phases in which it does. */
const LATE_BY_CHECK: Readonly<Record<string, readonly Phases[]>> = {
  inventory: [['await protection'], ['load']],
  'second-life': [['second life']],
};

/**
 * Why what was planted may not be what a negative control was caught by; null: nothing else would have been seen so. A
 * figure that lies between two bounds which the scenario gives for it is as large as what was planted, and no larger.
 */
export function starvedControl(
  evidence: Evidence,
  judged: Judged,
  wanted: readonly CheckResult[],
  broken: readonly Pick<ObjectiveResult, 'expression'>[],
): string | null {
  // Whoever has ended is not late: by a code of its own, which a wait that was only too short does not have.
  const hasEnded = evidence.subjectFailures.some(({ code }) => code === 'supervisor-ended');
  if (hasEnded && judged.measurements.databasesRestored === 0) return null;
  const own = wanted.some(({ id }) => id === 'objectives')
    ? judged.objectives.filter(({ verdict }) => verdict === 'fail')
    : [];
  const late = [
    ...wanted.flatMap(({ id }) => LATE_BY_CHECK[id] ?? []),
    ...[...own, ...broken]
      .filter(({ expression }) => !isPinned(expression, evidence.scenario.mustHold ?? []))
      .map(({ expression }) => lateIn(expression)),
  ];
  const [words] = late.flatMap((phases) => starvedIn(evidence, phases, judged) ?? []);
  return words ?? null;
}

/** Whether what an objective measures is bounded from both sides. That the bounds hold has been looked at before. */
function isPinned(expression: string, bounds: readonly string[]): boolean {
  const { objective: broken } = parseObjective(expression);
  const operators = bounds.flatMap((bound) => {
    const { objective } = parseObjective(bound);
    const isSame = objective?.metric === broken?.metric && objective?.aggregate === broken?.aggregate;
    return objective !== null && isSame ? [objective.operator] : [];
  });
  const has = (...wanted: readonly string[]): boolean => operators.some((one) => wanted.includes(one));
  return has('==') || (has('>', '>=') && has('<', '<='));
}

/** What others took in these phases together, in words; null: not enough to make them longer, or nobody knows. */
export function starvedIn(
  evidence: Evidence,
  phases: Phases,
  { measurements, lostAt }: Pick<Judged, 'measurements' | 'lostAt'>,
): string | null {
  if (phases.includes('load') && !wasOnlyLate(measurements, lostAt)) return null;
  const shares = sharesOf(evidence, phases);
  if (shares === null || shares.idle >= LEAST_IDLE || shares.others < OTHERS) return null;
  return `the machine was starved: in phase ${phases.join(', ')} other programs took ${percent(shares.others)} of its processors, and ${percent(shares.idle)} was left idle`;
}

/** What had been uploaded and cannot be read, or was never anywhere, is no matter of time; of the rest it may have been. */
function wasOnlyLate({ lostWrites }: Judged['measurements'], lostAt: LostAt | null): boolean {
  return lostWrites === (lostAt === null ? 0 : lostAt.wal + lostAt.staged + lostAt.unclear);
}

/** By their lengths. A phase that nobody watched counts as one in which the machine was idle. */
function sharesOf(
  { timeline, processors = [] }: Evidence,
  phases: Phases,
): { idle: number; others: number } | null {
  const spans = timeline.filter(({ phase }) => phases.includes(phase));
  const totalUs = spans.reduce((sum, { startUs, endUs }) => sum + endUs - startUs, 0);
  if (totalUs <= 0) return null;
  const mean = (of: 'idle' | 'others', unknown: number): number =>
    spans.reduce((sum, { phase, startUs, endUs }) => {
      const seen = processors.find((one) => one.phase === phase);
      return sum + (seen?.[of] ?? unknown) * (endUs - startUs);
    }, 0) / totalUs;
  return { idle: mean('idle', 1), others: mean('others', 0) };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
