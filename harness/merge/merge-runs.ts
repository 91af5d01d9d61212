import { cpSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { RunInfo } from '../evidence/run-info.ts';
import { type Baseline, compareWithEarlier, decidedBy } from '../compare/with-earlier.ts';
import type { FinishedRun } from '../run.ts';
import type { Reporter } from '../reporters.ts';
import { runPaths } from '../run-directory.ts';
import { saveRun, sealRun } from '../save-run.ts';
import { nameOf } from '../shard/shard.ts';
import { shardFileName } from '../shard/whole-plan.ts';
import { checkShards, type MergeTerms } from './check.ts';
import type { ShardRun } from './collect.ts';

/** Where the merged run goes, and on what terms. */
export interface MergeRequest extends MergeTerms {
  readonly runId: string;
  readonly outputDir: string;
  /** What the merged run is held against; null: its objectives are all that counts. */
  readonly against: Baseline | null;
  readonly reporters: readonly Reporter[];
}

/**
 * Makes one run of its shards: a run directory like any other, with their evidence in it, which is judged again. Verdict
 * and exit code are those of this judgement, whatever the shards said of themselves.
 */
export async function mergeRuns(shards: readonly ShardRun[], request: MergeRequest): Promise<FinishedRun> {
  const gaps = checkShards(shards, request);
  const runDir = path.join(request.outputDir, request.runId);
  mkdirSync(runDir, { recursive: true });
  for (const shard of shards) copyShard(shard, runDir);
  const evidences = shards.flatMap(({ shard, evidences: own }) =>
    own.filter(({ drillId }) => shard.drills.includes(drillId)),
  );
  const comparison = compareWithEarlier(request.against, evidences, request.runId);
  const place = { ...request, runDir };
  const info = { ...mergedInfo(shards, request), ...decidedBy(comparison, gaps) };
  const result = saveRun(place, info, evidences);
  await sealRun(place);
  return { result, comparison };
}

/** What a shard said of itself: kept beside the evidence, which goes where a run has it. */
const OWN_FILES = ['run.json', 'result.json', 'events.ndjson', 'manifest.sha256'];

function copyShard({ runDir, shard }: ShardRun, into: string): void {
  const own = path.join(into, 'shards', nameOf(shard));
  mkdirSync(own, { recursive: true });
  for (const name of [...OWN_FILES, shardFileName(shard)]) {
    copyIfThere(path.join(runDir, name), path.join(own, name));
  }
  for (const drillId of shard.drills) {
    const placeIn = (folder: string): string => path.join(runPaths(folder).evidence, drillId);
    copyIfThere(placeIn(runDir), placeIn(into));
  }
}

/** What is not there is not made up: the judge misses the evidence, and the manifest the file. */
function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

/** `run.json` of the whole. Its drills are those of the plan: one that nobody ran is missed by the judge. */
function mergedInfo(shards: readonly ShardRun[], request: MergeRequest): RunInfo {
  const runs = shards.map(({ run }) => run);
  const plan = shards[0]?.shard.plan;
  const startMs = Math.min(...runs.map(({ startedAt }) => Date.parse(startedAt)));
  const endMs = Math.max(...runs.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs));
  const drills = plan?.drills.map(({ drillId }) => drillId) ?? [];
  return {
    runId: request.runId,
    seed: plan?.seed ?? 0,
    repeatCommand: plan?.repeatCommand ?? '',
    startedAt: new Date(startMs).toISOString(),
    durationMs: endMs - startMs,
    tool: { version: request.toolVersion },
    environment: commonEnvironment(runs),
    drills,
    reporterFailures: [],
    ...removalOf(shards),
  };
}

/** When the last machine had removed what it restored. One that kept it speaks for all, and so does one that did not say. */
function removalOf(shards: readonly ShardRun[]): Pick<RunInfo, 'workRemovedAt'> {
  const instants = shards.map(({ run }) => run.workRemovedAt);
  if (instants.includes(null)) return { workRemovedAt: null };
  const known = instants.filter((instant) => typeof instant === 'string');
  const last = known.toSorted().at(-1);
  const isWhole = shards.every(({ shard }) => shard.count === known.length);
  return last === undefined || !isWhole ? {} : { workRemovedAt: last };
}

/** What is the same everywhere as it is; where machines differ, every value. */
function commonEnvironment(runs: readonly RunInfo[]): RunInfo['environment'] {
  const names = new Set(runs.flatMap(({ environment }) => Object.keys(environment)));
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const values = new Set(runs.flatMap(({ environment }) => environment[name] ?? []));
      const [only] = values;
      if (only === undefined) return [];
      return [[name, values.size === 1 ? only : [...values].join(', ')]];
    }),
  );
}
