import { type Dirent, readdirSync } from 'node:fs';
import path from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import type { Evidence, RunInfo } from '../evidence.ts';
import { manifestProblems } from '../manifest.ts';
import { readRun } from '../run-directory.ts';
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

/** Artefacts of CI lie in folders of folders, but not deeper than this. */
const DEEPEST = 6;

/** Every run directory below a folder that is a shard, by plan and number; plain runs are not looked into. */
export function collectShards(folder: string): ShardRun[] {
  return runDirectories(folder, DEEPEST)
    .flatMap((runDir) => {
      const shard = readShardFile(runDir);
      return shard === null ? [] : [{ runDir, shard, ...readRun(runDir), damage: manifestProblems(runDir) }];
    })
    .toSorted((a, b) => a.shard.index - b.shard.index || (a.runDir < b.runDir ? -1 : 1));
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new DrillError('DRILL_E_RUN_UNREADABLE', {
      what: `${folder} cannot be read`,
      why: messageOf(error),
      fix: 'give the folder that the runs of all shards were put into',
      exit: 2,
      cause: error,
    });
  }
}

/** Links are not followed: `latest` would be a shard for the second time. */
function runDirectories(folder: string, depth: number): string[] {
  const entries = entriesOf(folder);
  if (entries.some(({ name }) => name === 'run.json' || name === 'result.json')) return [folder];
  if (depth === 0) return [];
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => runDirectories(path.join(folder, name), depth - 1));
}
