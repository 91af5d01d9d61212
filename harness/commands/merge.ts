import path from 'node:path';
import { collectShards } from '../merge/collect.ts';
import { mergeRuns } from '../merge/merge-runs.ts';
import { toolVersion } from '../project.ts';
import type { Reporter } from '../reporters.ts';
import { baselineOf } from './baseline.ts';
import { finishRun } from './finish-run.ts';
import type { BASELINES, Io, NotifyOptions } from './options.ts';
import { newRunId } from './run-id.ts';

interface MergeOptions {
  readonly outputDir: string;
  readonly allowPartial: boolean;
  readonly against: (typeof BASELINES)[number] | null;
  /** 0.25 is 25 %. */
  readonly tolerance: number;
  readonly reporters: readonly Reporter[];
  readonly json: boolean;
  readonly notify: NotifyOptions;
}

/** `drill merge DIR`: the shards of one plan as one run, judged again from their evidence. This is the gate. */
export async function mergeCommand(folder: string, options: MergeOptions, io: Io): Promise<number> {
  const { outputDir, allowPartial, reporters } = options;
  const against = baselineOf(options);
  const shards = collectShards(folder);
  const runId = newRunId('merged');
  const merged = await mergeRuns(shards, {
    runId,
    outputDir,
    allowPartial,
    against,
    reporters,
    toolVersion: toolVersion(),
  });
  const finish = { ...options, runDir: path.join(outputDir, runId), quiet: false, isPart: false };
  return finishRun(merged, finish, io);
}
