import { writeFileSync } from 'node:fs';
import { rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence } from './evidence.ts';
import { historyFile, readableEntries } from './history/history-file.ts';
import { earlierOf } from './history/trend.ts';
import { judge, judgeRun } from './judge/judge.ts';
import { writeManifest } from './manifest.ts';
import { type Reporter, REPORTERS } from './reporters.ts';
import type { Result } from './result.ts';
import { resultText, type RunInfo, runPaths } from './run-directory.ts';
import { writeReports } from './write-reports.ts';

/** Where a run is kept: its own folder, which lies in the output folder under its id. */
interface RunPlace {
  readonly runId: string;
  readonly runDir: string;
  readonly outputDir: string;
  readonly reporters?: readonly Reporter[];
}

/** Judges the evidence and writes what a run directory has besides it: the result, its reports, `run.json`. */
export function saveRun(
  { runDir, outputDir, reporters = REPORTERS }: RunPlace,
  info: RunInfo,
  evidences: readonly Evidence[],
): Result {
  const paths = runPaths(runDir);
  const known = { ...info, ...earlierDrills(evidences, info, outputDir) };
  const wanted = { runDir, outputDir, reporters };
  const reporterFailures = writeReports(judgeRun(evidences, known), wanted);
  const whole = { ...known, reporterFailures: [...known.reporterFailures, ...reporterFailures] };
  const result = judgeRun(evidences, whole);
  // The others were written before it was known that the run is no pass.
  if (reporterFailures.length > 0) writeReports(result, wanted);
  writeFileSync(paths.runInfo, `${JSON.stringify(whole, null, 2)}\n`);
  writeFileSync(paths.result, resultText(result));
  return result;
}

/** What the history of the output folder tells of drills like these. A shard is no run of its own, and has no history. */
function earlierDrills(
  evidences: readonly Evidence[],
  { shard }: RunInfo,
  outputDir: string,
): Pick<RunInfo, 'earlier'> {
  if (shard !== undefined) return {};
  const entries = readableEntries(historyFile(outputDir));
  const earlier = evidences.flatMap((evidence) => {
    const own = earlierOf(entries, judge(evidence));
    return own.length === 0 ? [] : [[evidence.drillId, own] as const];
  });
  return earlier.length === 0 ? {} : { earlier: Object.fromEntries(earlier) };
}

/** Nothing of a run changes any more once it is in the manifest. */
export async function sealRun(place: RunPlace): Promise<void> {
  writeManifest(place.runDir);
  await pointLatest(place);
}

/** `latest` always names a complete run: the link is swapped in one step. */
async function pointLatest({ outputDir, runId }: RunPlace): Promise<void> {
  const link = join(outputDir, `.latest-${process.pid}`);
  await rm(link, { force: true });
  await symlink(runId, link);
  await rename(link, join(outputDir, 'latest'));
}
