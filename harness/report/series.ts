import type { Result, ScenarioResult, Verdict } from '../result.ts';

/**
 * The drills of a run by their labels: repetitions, and versions of one line, are one series, of which the worst counts;
 * of figures, the worst of those that are no negative controls.
 */
export type Series = readonly [labels: string, drills: readonly ScenarioResult[]];

/** When each series last passed, by its labels: seconds since 1970. */
export type Successes = ReadonlyMap<string, number>;

/** Worst first. */
export const VERDICTS: readonly Verdict[] = ['fail', 'inconclusive', 'pass'];

export function seriesOf(drills: readonly ScenarioResult[]): Series[] {
  return [...Map.groupBy(drills, seriesLabels)];
}

/** The labels that a drill's series has, in a run as in the history. */
export function labelsOf({ scenario, litestream, store }: SeriesName): string {
  return `scenario="${labelValue(scenario)}",litestream_line="${labelValue(lineOf(litestream))}",store="${store}"`;
}

interface SeriesName {
  readonly scenario: string;
  readonly litestream: string;
  readonly store: string;
}

function seriesLabels({ id, subject, store }: ScenarioResult): string {
  return labelsOf({ scenario: id, litestream: subject.litestream.version, store: store.kind });
}

/** The series that passed in this run. */
export function successesOf(result: Result): Successes {
  const series = isSpoilt(result) ? [] : seriesOf(result.scenarios);
  const passed = series.filter(([, drills]) => worst(drills) === 'pass');
  return new Map(passed.map(([labels]) => [labels, endSecOf(result)]));
}

/** When a run ended, in seconds since 1970. */
export function endSecOf({ startedAt, durationMs }: Result): number {
  return Math.floor((Date.parse(startedAt) + durationMs) / 1000);
}

export function worst(drills: readonly ScenarioResult[]): Verdict {
  return VERDICTS.find((wanted) => drills.some(({ verdict }) => verdict === wanted)) ?? 'inconclusive';
}

/** What the metrics of an earlier run tell of it, and of the runs before it. */
export function successesIn(metrics: string): Successes {
  const samples = metrics.matchAll(/^drill_last_success_timestamp_seconds\{(.*)\} (\d+)$/gm);
  return new Map([...samples].map(([, labels = '', value]) => [labels, Number(value)]));
}

/**
 * Something is wrong with the run as a whole: evidence that was changed or lost, a figure that is worse than before. Its
 * drills' own passes are then no success. Older results do not say why, but some show it by their verdict.
 */
function isSpoilt({ verdict, scenarios, spoiltBy = [] }: Result): boolean {
  return spoiltBy.length > 0 || (verdict !== 'pass' && worst(scenarios) !== verdict);
}

/** `0.5` of 0.5.17: a new patch release goes on with the same series. */
function lineOf(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

export function labelValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
