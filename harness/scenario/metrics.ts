import { suggestion } from '../did-you-mean.ts';
import type { Distribution, Measurements } from '../result.ts';

/**
 * Objectives are small expressions over known metrics: `metric [p50|p95|p99|max] operator number`.
 * They are parsed once, before the run, and again by the judge: a metric that does not exist is a config error,
 * never an objective that silently holds.
 */

const DISTRIBUTIONS = [
  'rpoMs',
  'recoveryPointAgeMs',
  'timeToProtectionMs',
  'skewMs',
  'writeLatencyMs',
  'pointInTimeRpoMs',
  'pointInTimeRestoreMs',
] as const satisfies readonly KeysHolding<Distribution>[];

const SCALARS = [
  'rtoMs',
  'restoreMs',
  'verifyMs',
  'firstDatabaseMs',
  'protectedAgainMs',
  'acknowledgedWrites',
  'lostWrites',
  'lostWritesBeyondRpo',
  'unreachableWrites',
  'databasesLostAgain',
  'databasesBeyondRpo',
  'databasesFailed',
  'databasesProtected',
  'spaceAlarmLeadMs',
  'spaceAlarmEndMs',
  'storeAlarmMs',
  'orderedStopMs',
  'subjectRssMb',
  'subjectOpenFiles',
  'unknownWrites',
  'refusedWrites',
  'databasesRestored',
  'restoredFromGenerations',
  'restoredFromLtx',
  'tornDatabases',
  'clockUncertaintyMs',
  'runbookStepsFailed',
  'blobRpoMs',
  'lostBlobs',
  'acknowledgedUploads',
  'lostHookEdits',
  'acknowledgedHookEdits',
] as const satisfies readonly KeysHolding<number>[];

/** Measurements whose value is a `Value`, or null where it could not be measured. */
type KeysHolding<Value> = {
  [Key in keyof Measurements]: NonNullable<Measurements[Key]> extends Value ? Key : never;
}[keyof Measurements];

type DistributionMetric = (typeof DISTRIBUTIONS)[number];
type ScalarMetric = (typeof SCALARS)[number];

/** Every metric that an objective may name. */
export const METRICS: readonly string[] = [...DISTRIBUTIONS, ...SCALARS];

/** Phases of a drill that make a figure grow when they take longer; none: it is no figure of time, or of the drill itself. */
const GROWS_WITH: Readonly<Record<DistributionMetric | ScalarMetric, readonly string[]>> = {
  rpoMs: ['load'],
  recoveryPointAgeMs: ['load'],
  timeToProtectionMs: ['await protection', 'load'],
  skewMs: ['load'],
  writeLatencyMs: ['load'],
  pointInTimeRpoMs: ['load'],
  pointInTimeRestoreMs: ['instants'],
  rtoMs: ['restore', 'verify', 'second life'],
  restoreMs: ['restore'],
  verifyMs: ['verify'],
  firstDatabaseMs: ['restore'],
  protectedAgainMs: ['second life'],
  acknowledgedWrites: [],
  lostWrites: ['load'],
  lostWritesBeyondRpo: ['load'],
  unreachableWrites: [],
  databasesLostAgain: [],
  databasesBeyondRpo: ['load'],
  databasesFailed: [],
  databasesProtected: [],
  spaceAlarmLeadMs: [],
  spaceAlarmEndMs: ['load'],
  storeAlarmMs: ['load'],
  orderedStopMs: ['load'],
  subjectRssMb: [],
  subjectOpenFiles: [],
  unknownWrites: [],
  refusedWrites: [],
  databasesRestored: [],
  restoredFromGenerations: [],
  restoredFromLtx: [],
  tornDatabases: [],
  clockUncertaintyMs: [],
  runbookStepsFailed: [],
  blobRpoMs: ['load'],
  lostBlobs: ['load'],
  acknowledgedUploads: [],
  lostHookEdits: [],
  acknowledgedHookEdits: [],
};

/** Phases that break an objective by taking longer; none: none does, or it cannot be read. */
export function lateIn(expression: string): readonly string[] {
  const { objective } = parseObjective(expression);
  if (objective === null) return [];
  const { operator, threshold, metric } = objective;
  const isUpperBound = operator === '<' || operator === '<=' || (operator === '==' && threshold === 0);
  return isUpperBound ? GROWS_WITH[metric] : [];
}

const AGGREGATES = ['p50', 'p95', 'p99', 'max'] as const satisfies readonly (keyof Distribution)[];
type Aggregate = (typeof AGGREGATES)[number];

const OPERATORS = ['<', '<=', '>', '>=', '==', '!='] as const;
type Operator = (typeof OPERATORS)[number];

interface Comparison {
  readonly expression: string;
  readonly operator: Operator;
  readonly threshold: number;
}
/** A parsed objective: a distribution always comes with its aggregate, a scalar never. */
export type Objective =
  | (Comparison & { readonly metric: DistributionMetric; readonly aggregate: Aggregate })
  | (Comparison & { readonly metric: ScalarMetric; readonly aggregate: null });

export type ParsedObjective =
  | { readonly objective: Objective; readonly problem: null }
  | { readonly objective: null; readonly problem: string };

const SHAPE = /^\s*([^\s<>=!]+)(?:\s+([^\s<>=!]+))?\s*([<>=!]+)\s*(\S+)\s*$/;
const NUMBER = /^\d{1,15}(\.\d{1,6})?$/;
const FORM = 'metric [p50|p95|p99|max] operator number, like "rpoMs max < 15000"';

/** Reads an objective, or says in one sentence what is wrong with it. */
export function parseObjective(expression: string): ParsedObjective {
  const match = SHAPE.exec(expression);
  if (match === null) return wrong(`"${expression}" is not an objective: write ${FORM}`);
  const [, metric = '', aggregate = null, operator = '', number = ''] = match;
  if (!METRICS.includes(metric)) {
    return wrong(`there is no metric ${metric}${suggestion(metric, METRICS)}`);
  }
  if (!isOneOf(OPERATORS, operator)) {
    return wrong(`${operator} is not an operator: use one of ${OPERATORS.join(' ')}`);
  }
  if (!NUMBER.test(number)) {
    return wrong(`${number} is not a plain number: the unit is in the metric's name`);
  }
  const comparison = { expression, operator, threshold: Number(number) };
  if (isOneOf(SCALARS, metric)) {
    if (aggregate === null) return { objective: { ...comparison, metric, aggregate }, problem: null };
    return wrong(`${metric} is a single figure: leave ${aggregate} out`);
  }
  if (!isOneOf(DISTRIBUTIONS, metric)) return wrong(`there is no metric ${metric}`);
  if (aggregate === null) {
    return wrong(`${metric} has a figure for every database: say which, ${AGGREGATES.join(', ')}`);
  }
  if (!isOneOf(AGGREGATES, aggregate)) {
    return wrong(`${metric} has no ${aggregate}: use one of ${AGGREGATES.join(', ')}`);
  }
  return { objective: { ...comparison, metric, aggregate }, problem: null };
}

/** The measured figure that an objective speaks of; null: it was not measured. */
export function measuredBy(objective: Objective, measurements: Measurements): number | null {
  const actual =
    objective.aggregate === null
      ? (measurements[objective.metric] ?? null)
      : (measurements[objective.metric]?.[objective.aggregate] ?? null);
  return actual != null && Number.isFinite(actual) ? actual : null;
}

/** The smallest upper bound that objectives put on a metric, of a distribution on its greatest value; null: none does. */
export function strictestMax(
  objectives: readonly { readonly expression: string }[],
  metric: DistributionMetric | ScalarMetric,
): number | null {
  const limits = objectives.flatMap(({ expression }) => {
    const { objective } = parseObjective(expression);
    if (objective?.metric !== metric || !['max', null].includes(objective.aggregate)) return [];
    return ['<', '<=', '=='].includes(objective.operator) ? [objective.threshold] : [];
  });
  return limits.length === 0 ? null : Math.min(...limits);
}

/** Whether a measured figure keeps the objective. */
export function holds(objective: Objective, actual: number): boolean {
  const { operator, threshold } = objective;
  switch (operator) {
    case '<':
      return actual < threshold;
    case '<=':
      return actual <= threshold;
    case '>':
      return actual > threshold;
    case '>=':
      return actual >= threshold;
    case '==':
      return actual === threshold;
    case '!=':
      return actual !== threshold;
    default:
      throw new TypeError(`no such operator: ${String(operator satisfies never)}`);
  }
}

function wrong(problem: string): ParsedObjective {
  return { objective: null, problem };
}

function isOneOf<Word extends string>(words: readonly Word[], word: string): word is Word {
  return (words as readonly string[]).includes(word);
}
