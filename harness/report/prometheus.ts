import { strictestMax } from '../scenario/metrics.ts';
import type { Result, ScenarioResult, Verdict } from '../result.ts';

/**
 * Prometheus' text format for node_exporter's textfile collector. Base units, no timestamps on samples, and what was not
 * measured is left out. Labels are the drill and little else: never run id or seed, which would make a series a run.
 * Rules: reference/formats.md, section 6. `previous`: the text of the run before, from which the time of the last
 * success is carried over, since its age is the alert that matters.
 */
export function renderMetrics(result: Result, previous: string | null): string {
  const endSec = Math.floor((Date.parse(result.startedAt) + result.durationMs) / 1000);
  const series = seriesOf(result.scenarios);
  const each = (name: string, help: string, value: (drill: ScenarioResult) => number | null): string[] =>
    family(
      name,
      help,
      series.map(([labels, drills]) => [labels, most(drills.map(value))]),
    );
  // What a negative control loses was planted, and would stand in its series as a broken budget; its verdict is told.
  const figure = (name: string, help: string, value: (drill: ScenarioResult) => number | null): string[] =>
    each(name, help, (drill) => (drill.expect === 'fail' ? null : value(drill)));
  return [
    ...each('drill_last_run_timestamp_seconds', 'When the drill last ended.', () => endSec),
    ...family(
      'drill_last_success_timestamp_seconds',
      'When the drill last passed; alert on its age.',
      lastSuccesses(isSpoilt(result) ? [] : series, endSec, previous),
    ),
    ...figure('drill_rpo_seconds', 'Measured RPO, worst database.', ({ measurements }) =>
      inSeconds(measurements.rpoMs?.max ?? null),
    ),
    ...figure('drill_rpo_budget_seconds', 'The objective on the worst RPO.', (drill) =>
      inSeconds(strictestMax(drill.objectives, 'rpoMs')),
    ),
    ...figure('drill_rto_seconds', 'Measured RTO of the fleet.', ({ measurements }) =>
      inSeconds(measurements.rtoMs),
    ),
    ...figure('drill_rto_budget_seconds', 'The objective on the RTO.', (drill) =>
      inSeconds(strictestMax(drill.objectives, 'rtoMs')),
    ),
    ...figure('drill_lost_writes', 'Acknowledged writes that did not come back.', (drill) =>
      drill.databases.length === 0 ? null : drill.measurements.lostWrites,
    ),
    ...figure('drill_blob_rpo_seconds', 'Measured RPO of file blobs.', ({ measurements }) =>
      inSeconds(measurements.blobRpoMs ?? null),
    ),
    ...family('drill_phase_duration_seconds', 'Duration of a phase.', series.flatMap(phases)),
    ...family(
      'drill_verdict',
      '1 for the verdict of the last run.',
      series.flatMap(([labels, drills]) =>
        VERDICTS.map(
          (verdict): Sample => [`${labels},verdict="${verdict}"`, worst(drills) === verdict ? 1 : 0],
        ),
      ),
    ),
    ...family(
      'drill_run_verdict',
      '1 for the verdict of the last run as a whole, which may be worse than that of its drills.',
      VERDICTS.map((verdict): Sample => [`verdict="${verdict}"`, result.verdict === verdict ? 1 : 0]),
    ),
    ...family(
      'drill_build_info',
      'Versions of the drill and of the Litestream under test.',
      series.flatMap(([labels, drills]) =>
        drills.map(
          ({ subject }): Sample => [
            `${labels},version="${label(result.tool.version)}",litestream="${label(subject.litestream.version)}"`,
            1,
          ],
        ),
      ),
    ),
    '',
  ].join('\n');
}

/**
 * Something is wrong with the run as a whole: evidence that was changed or lost, a figure that is worse than before. Its
 * drills' own passes are then no success. Older results do not say why, but some show it by their verdict.
 */
function isSpoilt({ verdict, scenarios, spoiltBy = [] }: Result): boolean {
  return spoiltBy.length > 0 || (verdict !== 'pass' && worst(scenarios) !== verdict);
}

/** Worst first. */
const VERDICTS: readonly Verdict[] = ['fail', 'inconclusive', 'pass'];

type Sample = readonly [labels: string, value: number | null];

/** HELP and TYPE once, then the samples that have a value; nothing at all without one. */
function family(name: string, help: string, samples: readonly Sample[]): string[] {
  const lines = new Map(
    samples.flatMap(([text, value]) =>
      value === null ? [] : [[text, `${name}{${text}} ${value}`] as const],
    ),
  );
  if (lines.size === 0) return [];
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines.values()];
}

/**
 * The drills of a run by their labels: repetitions, and versions of one line, are one series, of which the worst counts;
 * of figures, the worst of those that are no negative controls.
 */
type Series = readonly [labels: string, drills: readonly ScenarioResult[]];

function seriesOf(drills: readonly ScenarioResult[]): Series[] {
  return [...Map.groupBy(drills, labelsOf)];
}

function labelsOf({ id, subject, store }: ScenarioResult): string {
  return `scenario="${label(id)}",litestream_line="${label(lineOf(subject.litestream.version))}",store="${store.kind}"`;
}

function worst(drills: readonly ScenarioResult[]): Verdict {
  return VERDICTS.find((wanted) => drills.some(({ verdict }) => verdict === wanted)) ?? 'inconclusive';
}

function most(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function phases([labels, drills]: Series): Sample[] {
  const spans = Map.groupBy(
    drills.flatMap(({ timeline }) => timeline),
    ({ phase }) => phase,
  );
  return [...spans].map(([phase, all]) => [
    `${labels},phase="${label(phase)}"`,
    most(all.map(({ startMs, endMs }) => (endMs - startMs) / 1000)),
  ]);
}

/** A success of now, or of an earlier run: also of drills that this run did not contain. */
function lastSuccesses(series: readonly Series[], endSec: number, previous: string | null): Sample[] {
  const earlier = [
    ...(previous ?? '').matchAll(/^drill_last_success_timestamp_seconds\{(.*)\} (\d+)$/gm),
  ].map(([, labels = '', value]) => [labels, Number(value)] as const);
  const now = series.flatMap(([labels, drills]) =>
    worst(drills) === 'pass' ? [[labels, endSec] as const] : [],
  );
  return [...new Map([...earlier, ...now])];
}

/** `0.5` of 0.5.17: a new patch release goes on with the same series. */
function lineOf(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function label(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
