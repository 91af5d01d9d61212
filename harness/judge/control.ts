import type { Evidence } from '../evidence.ts';
import { lateIn } from '../scenario/metrics.ts';
import { parseMustCount } from '../scenario/must-count.ts';
import type { Measurements, ObjectiveResult } from '../result.ts';
import { type Decision, type Gap, inconclusive, names } from './decision.ts';
import { type Judged, starvedControl, starvedIn } from './starvation.ts';

/** What a negative control is judged by. */
export interface JudgedControl extends Judged {
  readonly measurements: Measurements;
  /** Reasons why nothing was measured. */
  readonly gaps: readonly Gap[];
  /** What the subject failed at, in words. */
  readonly words: readonly string[];
}

/**
 * A negative control is good when all the checks and objectives it was planted for go red, on evidence; others may, as what
 * follows from it, but for the objectives that must hold: they bound what was planted, and loss beyond them is another
 * one. A subject that did not work at all breaks the same checks, and shows nothing of what was planted.
 */
export function decideControl(evidence: Evidence, judged: JudgedControl): Decision {
  const { scenario } = evidence;
  const { checks, objectives, gaps, words } = judged;
  const [gap] = gaps;
  if (gap !== undefined) return inconclusive(gap);
  const wanted = checks.filter(({ id }) => scenario.mustFail.includes(id));
  const broken = listed(scenario.mustBreak, objectives);
  const bounds = listed(scenario.mustHold, objectives);
  const missed = [
    ...scenario.mustFail.filter((id) => !wanted.some((check) => check.id === id && check.verdict !== 'pass')),
    ...broken.filter(({ verdict }) => verdict === 'pass').map(inWords),
  ];
  if (missed.length > 0 || wanted.length + broken.length === 0) {
    const reason = `the negative control was not caught by ${missed.join(', ') || 'any check'}`;
    return { verdict: 'fail', reason };
  }
  const other = brokenOtherwise(evidence, judged.measurements);
  if (other !== null)
    return inconclusive({ code: 'not-judged', reason: `the negative control shows nothing: ${other}` });
  const miscounted = miscounts(scenario.mustCount ?? [], checks);
  if (miscounted.length > 0)
    return {
      verdict: 'fail',
      reason: `the negative control found something else than was planted: ${miscounted.join(', ')}`,
    };
  // Of nothing that is planted does it follow that somebody writes on after the kill.
  if (
    checks.some(
      ({ id, verdict }) => id === 'no-late-uploads' && verdict === 'fail' && !scenario.mustFail.includes(id),
    )
  )
    return { verdict: 'fail', reason: 'the negative control broke more than was planted: no-late-uploads' };
  const exceeded = bounds.filter(({ verdict }) => verdict === 'fail');
  const excuses = exceeded.map(({ expression }) => starvedIn(evidence, lateIn(expression), judged));
  if (excuses.includes(null)) {
    const reason = `the negative control broke more than was planted: ${exceeded.map(inWords).join(', ')}`;
    return { verdict: 'fail', reason };
  }
  // A busy machine makes an objective red as well as what was planted does.
  const starved = excuses[0] ?? starvedControl(evidence, judged, wanted, broken);
  if (starved !== null) {
    return inconclusive({
      code: 'machine-starved',
      reason: `the negative control shows nothing: ${starved}`,
    });
  }
  const open = [
    ...wanted.filter(({ verdict }) => verdict === 'inconclusive').map(({ id }) => id),
    ...[...broken, ...bounds].filter(({ verdict }) => verdict === 'inconclusive').map(inWords),
    ...bounds.filter(({ isThere }) => !isThere).map(inWords),
  ];
  if (open.length > 0)
    return inconclusive({ code: 'not-judged', reason: `could not be judged: ${open.join(', ')}` });
  const by = [...(wanted.length > 0 ? [names(wanted)] : []), ...broken.map(inWords)].join(', ');
  const why = words.length === 0 ? '' : `: ${words.join('; ')}`;
  return { verdict: 'pass', reason: `the negative control was caught by ${by}${why}` };
}

/** Each check that has not found exactly as many faults as were planted, in words. */
function miscounts(counts: readonly string[], checks: JudgedControl['checks']): string[] {
  return counts.flatMap((text) => {
    const wanted = parseMustCount(text);
    const found = checks.find(({ id }) => id === wanted?.check)?.count ?? 0;
    return wanted?.count === found ? [] : [`${text} (found ${found})`];
  });
}

type Listed = Pick<ObjectiveResult, 'expression' | 'actual' | 'verdict'> & { readonly isThere: boolean };

/** The objectives that a scenario names. One that it does not have cannot break, and cannot hold. */
function listed(
  expressions: readonly string[] | undefined,
  objectives: readonly ObjectiveResult[],
): Listed[] {
  return (expressions ?? []).map((expression) => {
    const found = objectives.find((objective) => objective.expression === expression);
    const there = found ?? { expression, actual: null, verdict: 'pass' as const };
    return { ...there, isThere: found !== undefined };
  });
}

function inWords({ expression, actual, isThere }: Listed): string {
  const measured = actual === null ? 'not measured' : `measured ${actual}`;
  return `${expression} (${isThere ? measured : 'no such objective'})`;
}

/** What the subject failed at before anything was planted. */
const BEFORE_ANY_FAULT: ReadonlySet<string> = new Set(['never-protected', 'supervisor-ended']);

/** Why the checks of a control are red although nothing was shown of its fault; null where databases were to be lost. */
function brokenOtherwise(
  { scenario, subjectFailures }: Evidence,
  { databasesRestored, tornDatabases }: Measurements,
): string | null {
  if (scenario.mustFail.includes('inventory')) return null;
  const failure = subjectFailures.find(({ code }) => BEFORE_ANY_FAULT.has(code));
  if (failure !== undefined) return failure.message;
  return databasesRestored === 0 && (tornDatabases ?? 0) === 0 ? 'no database came back' : null;
}
