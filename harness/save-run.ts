import { writeFileSync } from 'node:fs';
import { rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence } from './evidence.ts';
import { judgeRun } from './judge/judge.ts';
import { writeManifest } from './manifest.ts';
import type { Result } from './result.ts';
import { resultText, type RunInfo, runPaths } from './run-directory.ts';
import { writeReports } from './write-reports.ts';

/** Where a run is kept: its own folder, which lies in the output folder under its id. */
interface RunPlace {
  readonly runId: string;
  readonly runDir: string;
  readonly outputDir: string;
}

/** Judges the evidence and writes what a run directory has besides it: the result, its reports, `run.json`. */
export function saveRun(
  { runDir, outputDir }: RunPlace,
  info: RunInfo,
  evidences: readonly Evidence[],
): Result {
  const paths = runPaths(runDir);
  const reporterFailures = writeReports(judgeRun(evidences, info), runDir, outputDir);
  const whole = { ...info, reporterFailures: [...info.reporterFailures, ...reporterFailures] };
  const result = judgeRun(evidences, whole);
  writeFileSync(paths.runInfo, `${JSON.stringify(whole, null, 2)}\n`);
  writeFileSync(paths.result, resultText(result));
  return result;
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
