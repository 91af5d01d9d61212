import { type Evidence, HARNESS_BUG } from '../evidence.ts';
import type { RunInfo } from '../evidence/run-info.ts';
import type { Result, ScenarioResult, Verdict } from '../result.ts';
import { judge } from './judge-drill.ts';
import { plural } from './tally.ts';

export { judge };

/** Worst of several: 4 (a bug in the harness), 1, 3, 0. */
const EXIT_CODES = { pass: 0, fail: 1, inconclusive: 3 } as const satisfies Record<Verdict, number>;

/** The result of a whole run: every drill judged, and the worst of their exit codes. */
export function judgeRun(evidences: readonly Evidence[], run: RunInfo): Result {
  const ordered = run.drills.flatMap((id) => evidences.filter(({ drillId }) => drillId === id));
  const scenarios = ordered.map((evidence) => withEarlier(judge(evidence), run));
  const gaps = gapsOf(scenarios, run);
  const hasBug = ordered.some(({ harnessFaults }) => harnessFaults.some(({ code }) => code === HARNESS_BUG));
  const verdict = worst(scenarios, gaps, run);
  const spoiltBy = [...regressionsOf(run), ...gaps];
  return {
    schemaVersion: 1,
    verdict,
    exitCode: hasBug ? 4 : EXIT_CODES[verdict],
    reason: reasonOf(scenarios, gaps, run),
    runId: run.runId,
    seed: run.seed,
    repeatCommand: run.repeatCommand,
    startedAt: run.startedAt,
    durationMs: run.durationMs,
    tool: run.tool,
    environment: run.environment,
    ...(spoiltBy.length === 0 ? {} : { spoiltBy }),
    scenarios,
  };
}

function withEarlier(drill: ScenarioResult, { earlier }: RunInfo): ScenarioResult {
  const own = earlier?.[drill.drillId] ?? [];
  return own.length === 0 ? drill : { ...drill, earlier: own };
}

/** Reasons why the run as a whole is no pass, whatever its drills say. */
function gapsOf(scenarios: readonly ScenarioResult[], run: RunInfo): string[] {
  const lacking = run.drills.filter((id) => !scenarios.some(({ drillId }) => drillId === id));
  return [
    ...(run.drills.length < plannedDrills(run) ? [notRun(run)] : []),
    ...(lacking.length > 0
      ? [`no evidence of ${plural(lacking.length, 'drill')}: ${lacking.join(', ')}`]
      : []),
    ...run.reporterFailures.map((failure) => `a reporter failed: ${failure}`),
    ...(run.gaps ?? []),
  ];
}

/** A run of nothing proves nothing, unless it is a shard to which the plan gives nothing. */
function plannedDrills({ shard }: RunInfo): number {
  return shard?.plannedDrills ?? 1;
}

function notRun(run: RunInfo): string {
  if (run.drills.length === 0) return 'no drill was run';
  return `${plannedDrills(run) - run.drills.length} of ${plural(plannedDrills(run), 'planned drill')} not run`;
}

function regressionsOf({ regressions }: RunInfo): string[] {
  return (regressions ?? []).map((regression) => `worse than before: ${regression}`);
}

/** fail > inconclusive > pass. */
function worst(scenarios: readonly ScenarioResult[], gaps: readonly string[], run: RunInfo): Verdict {
  if (scenarios.some(({ verdict }) => verdict === 'fail') || regressionsOf(run).length > 0) return 'fail';
  if (gaps.length > 0 || scenarios.some(({ verdict }) => verdict === 'inconclusive')) return 'inconclusive';
  return 'pass';
}

function reasonOf(scenarios: readonly ScenarioResult[], gaps: readonly string[], run: RunInfo): string {
  if (gaps.length === 0 && scenarios.length === 0 && run.shard !== undefined) {
    return `the plan has no drill for shard ${run.shard.index} of ${run.shard.count}`;
  }
  const [only] = scenarios;
  const worse = regressionsOf(run);
  if (gaps.length + worse.length === 0 && scenarios.length === 1 && only !== undefined) return only.reason;
  const count = (wanted: Verdict): string[] => {
    const own = scenarios.filter(({ verdict }) => verdict === wanted);
    return own.length === 0 ? [] : [`${own.length} ${wanted}`];
  };
  const drills = [...count('fail'), ...count('inconclusive'), ...count('pass')];
  return [
    ...worse,
    ...gaps,
    ...(drills.length === 0 ? [] : [`of ${plural(scenarios.length, 'drill')} ${drills.join(', ')}`]),
  ].join('; ');
}
