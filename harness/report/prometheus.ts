import { strictestMax } from '../scenario/metrics.ts';
import type { Result, ScenarioResult } from '../result.ts';
import {
  endSecOf,
  labelValue,
  type Series,
  seriesOf,
  type Successes,
  successesOf,
  VERDICTS,
  worst,
} from './series.ts';

/**
 * Prometheus' text format for node_exporter's textfile collector. Base units, no timestamps on samples, and what was not
 * measured is left out. Labels are the drill and little else: never run id or seed, which would make a series a run.
 * Rules: reference/formats.md, section 6. `earlier`: successes of the runs before, which are carried over, since the age of
 * the last one is the alert that matters.
 */
export function renderMetrics(result: Result, earlier: Successes): string {
  const endSec = endSecOf(result);
  const series = seriesOf(result.scenarios);
  const each = (name: string, help: string, value: (drill: ScenarioResult) => number | null): string[] =>
    family(
      name,
      help,
      series.map(([labels, drills]) => [labels, most(drills.map(value))]),
    );
  // What a negative control loses was planted, and would stand in its series as a broken budget; its verdict is told.
  const figure: Figure = (name, help, value) =>
    each(name, help, (drill) => (drill.expect === 'fail' ? null : value(drill)));
  return [
    ...each('drill_last_run_timestamp_seconds', 'When the drill last ended.', () => endSec),
    ...family('drill_last_success_timestamp_seconds', 'When the drill last passed; alert on its age.', [
      ...new Map([...earlier, ...successesOf(result)]),
    ]),
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
    ...subjectUse(figure),
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
            `${labels},version="${labelValue(result.tool.version)}",litestream="${labelValue(subject.litestream.version)}"`,
            1,
          ],
        ),
      ),
    ),
    '',
  ].join('\n');
}

type Figure = (name: string, help: string, value: (drill: ScenarioResult) => number | null) => string[];

function subjectUse(figure: Figure): string[] {
  return [
    ...figure(
      'drill_subject_resident_bytes',
      'The most memory of supervisor and Litestream under load.',
      ({ measurements }) => inBytes(measurements.subjectRssMb ?? null),
    ),
    ...figure(
      'drill_subject_open_files',
      'The most open files of supervisor and Litestream under load.',
      ({ measurements }) => measurements.subjectOpenFiles ?? null,
    ),
  ];
}

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
    `${labels},phase="${labelValue(phase)}"`,
    most(all.map(({ startMs, endMs }) => (endMs - startMs) / 1000)),
  ]);
}

function inBytes(mb: number | null): number | null {
  return mb === null ? null : mb * 2 ** 20;
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
