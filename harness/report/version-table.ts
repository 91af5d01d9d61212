import type { AnyCheckId } from '../evidence/checks.ts';
import type { ScenarioResult } from '../result.ts';
import { count, duration } from './format.ts';
import { litestreamInWords } from './subject.ts';

/** A row missing before one that is there: the restore was not a point in time. */
const HOLES: ReadonlySet<AnyCheckId> = new Set<AnyCheckId>(['contiguity']);
const MALFORMED: ReadonlySet<AnyCheckId> = new Set<AnyCheckId>(['integrity']);

/**
 * "Litestream version × what a kill costs" as a Markdown table: one line a version, in the order of the drills, over all
 * its runs. A drill that could not be judged is counted as such and adds no figure.
 */
export function versionTable(drills: readonly ScenarioResult[]): string {
  const versions = [...new Set(drills.map(({ subject }) => litestreamInWords(subject)))];
  return [
    '| Litestream | SQLite inside | runs | RPO, worst of each run | lost writes a run | a hole in the middle | malformed | RTO | verdicts |',
    '|---|---|---|---|---|---|---|---|---|',
    ...versions.map((version) =>
      versionLine(
        version,
        drills.filter(({ subject }) => litestreamInWords(subject) === version),
      ),
    ),
  ].join('\n');
}

function versionLine(version: string, all: readonly ScenarioResult[]): string {
  const runs = all.filter(({ verdict }) => verdict !== 'inconclusive');
  const rpos = runs.flatMap(({ measurements }) => measurements.rpoMs?.max ?? []);
  const rtos = runs.flatMap(({ measurements }) => measurements.rtoMs ?? []);
  const lost = runs.map(({ measurements }) => measurements.lostWrites);
  return `| ${[
    version,
    all[0]?.subject.litestream.sqlite ?? '',
    String(all.length),
    rpos
      .toSorted((a, b) => a - b)
      .map(duration)
      .join(' / ') || '–',
    range(lost, (value) => count(value)),
    damage(runs, HOLES),
    damage(runs, MALFORMED),
    range(rtos, duration),
    verdicts(all),
  ].join(' | ')} |`;
}

function range(values: readonly number[], inWords: (value: number) => string): string {
  if (values.length === 0) return '–';
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return inWords(least) === inWords(most) ? inWords(least) : `${inWords(least)} to ${inWords(most)}`;
}

/** In how many runs, and in how many databases of them. */
function damage(runs: readonly ScenarioResult[], checks: ReadonlySet<AnyCheckId>): string {
  const databases = runs.map(
    ({ databases: fleet }) =>
      fleet.filter(({ failedChecks }) => failedChecks.some((id) => checks.has(id))).length,
  );
  const hit = databases.filter((damaged) => damaged > 0).length;
  if (runs.length === 0) return '–';
  if (hit === 0) return 'none';
  const total = databases.reduce((sum, damaged) => sum + damaged, 0);
  return `${hit} of ${runs.length} runs, ${total} ${total === 1 ? 'database' : 'databases'}`;
}

function verdicts(drills: readonly ScenarioResult[]): string {
  return (['pass', 'fail', 'inconclusive'] as const)
    .flatMap((verdict) => {
      const own = drills.filter((drill) => drill.verdict === verdict).length;
      return own === 0 ? [] : [`${own} ${verdict}`];
    })
    .join(', ');
}
