import type { Evidence } from '../evidence.ts';
import type { RunInfo } from '../evidence/run-info.ts';
import { manifestProblems } from '../manifest.ts';
import { readRun, runDirectories } from '../run-directory.ts';
import { readShardFile, type ShardFile } from '../shard/whole-plan.ts';

/** One shard as it lies on disk, read whole. */
export interface ShardRun {
  readonly runDir: string;
  readonly shard: ShardFile;
  readonly run: RunInfo;
  readonly evidences: readonly Evidence[];
  /** Files that are not as the manifest of the run says. */
  readonly damage: readonly string[];
}

/** Every run directory below a folder that is a shard, by plan and number; plain runs are not looked into. */
export function collectShards(folder: string): ShardRun[] {
  return runDirectories(folder)
    .flatMap((runDir) => {
      const shard = readShardFile(runDir);
      return shard === null ? [] : [{ runDir, shard, ...readRun(runDir), damage: manifestProblems(runDir) }];
    })
    .toSorted((a, b) => a.shard.index - b.shard.index || (a.runDir < b.runDir ? -1 : 1));
}
