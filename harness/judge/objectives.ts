import type { CheckResult, Measurements, ObjectiveResult } from '../result.ts';
import type { Evidence } from '../evidence.ts';
import { holds, measuredBy, type Objective, parseObjective, strictestMax } from '../scenario/metrics.ts';
import { seconds } from './fates.ts';

/**
 * The loss that the scenario accepts: its strictest `rpoMs max` objective, else what RustBaas promises, one
 * replicate_interval_sec.
 */
export function rpoObjectiveMs({ scenario }: Evidence): number {
  return strictestMax(scenario.objectives, 'rpoMs') ?? scenario.replicateIntervalSec * 1000;
}

/** Every objective against its measurement. Not measured, or not readable: inconclusive. */
export function judgeObjectives(evidence: Evidence, measurements: Measurements): ObjectiveResult[] {
  const { scenario } = evidence;
  return scenario.objectives.map(({ expression, line }) => {
    const { objective } = parseObjective(expression);
    const actual = objective === null ? null : measuredBy(objective, measurements);
    const kept = objective !== null && actual !== null && holds(objective, actual);
    const isOpen = objective === null || actual === null || (kept && isOpenEnded(objective.metric, evidence));
    const verdict = isOpen ? 'inconclusive' : kept ? 'pass' : 'fail';
    return { expression, actual, verdict, file: scenario.file, line, ...expectedOf(scenario, expression) };
  });
}

/** A figure that would have grown beyond the last look can break an objective, and keeps none. */
function isOpenEnded(metric: Objective['metric'], { spaceAlarm, storeAlarm }: Evidence): boolean {
  if (metric === 'storeAlarmMs') return storeAlarm?.raisedUs === null;
  return metric === 'spaceAlarmEndMs' && spaceAlarm?.clearedUs === null;
}

/** What a negative control says of an objective; nothing of any other. */
function expectedOf(
  { mustBreak = [], mustHold = [] }: Evidence['scenario'],
  expression: string,
): Pick<ObjectiveResult, 'expected'> {
  if (mustBreak.includes(expression)) return { expected: 'fail' };
  return mustHold.includes(expression) ? { expected: 'pass' } : {};
}

/** All objectives together as the check `objectives`. */
export function objectivesCheck(objectives: readonly ObjectiveResult[]): CheckResult {
  const broken = objectives.filter(({ verdict }) => verdict === 'fail');
  const unmeasured = objectives.filter(({ verdict }) => verdict === 'inconclusive');
  const verdict =
    broken.length > 0 ? 'fail' : unmeasured.length > 0 || objectives.length === 0 ? 'inconclusive' : 'pass';
  const actual = [
    `${objectives.length - broken.length - unmeasured.length} kept`,
    ...(broken.length > 0 ? [`${broken.length} broken`] : []),
    ...(unmeasured.length > 0 ? [`${unmeasured.length} not measured`] : []),
  ].join(', ');
  const detail = [
    ...broken.map(
      ({ expression, actual: measured }) => `${expression}: measured ${figure(expression, measured)}`,
    ),
    ...unmeasured.map(({ expression }) => `${expression}: not measured`),
  ].join('; ');
  return { id: 'objectives', verdict, expected: 'every objective of the scenario is kept', actual, detail };
}

function figure(expression: string, measured: number | null): string {
  const inMs = /^\s*\w+Ms\b/.test(expression);
  return measured !== null && inMs ? `${measured} (${seconds(measured)})` : String(measured);
}
