import path from 'node:path';
import { trendOf } from '../history/trend.ts';
import { collectShards } from '../merge/collect.ts';
import { mergeRuns } from '../merge/merge-runs.ts';
import { toolVersion } from '../project.ts';
import { renderSummary } from '../report/console.ts';
import { resultText } from '../run-directory.ts';
import { tellGithub } from './github.ts';
import type { Io, NotifyOptions } from './options.ts';
import { notify } from './notify.ts';
import { recordRun } from './record-run.ts';
import { newRunId } from './run-id.ts';

interface MergeOptions {
  readonly outputDir: string;
  readonly allowPartial: boolean;
  readonly json: boolean;
  readonly notify: NotifyOptions;
}

/** `drill merge DIR`: the shards of one plan as one run, judged again from their evidence. This is the gate. */
export async function mergeCommand(folder: string, options: MergeOptions, io: Io): Promise<number> {
  const shards = collectShards(folder);
  const runId = newRunId('merged');
  const { outputDir, allowPartial } = options;
  const result = await mergeRuns(shards, { runId, outputDir, allowPartial, toolVersion: toolVersion() });
  const runDir = path.join(outputDir, runId);
  io.stderr.write(`evidence: ${path.relative('.', runDir)}\n`);
  const history = recordRun(result, { runDir, outputDir }, null, io);
  tellGithub(result, runDir, io);
  const summary = renderSummary(result, io.stdout, (drill) => trendOf(history, drill));
  io.stdout.write(options.json ? resultText(result) : summary);
  await notify(result, options.notify, io);
  return result.exitCode;
}
