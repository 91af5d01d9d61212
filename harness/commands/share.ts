import { createHash } from 'node:crypto';
import { DrillError } from '../errors.ts';
import type { WantedDrill } from '../planned-drill.ts';
import { toolVersion } from '../project.ts';
import { planDrill } from '../scenario/plan.ts';
import { expectedDurationMs } from '../shard/deal.ts';
import { resolveShard } from '../shard/shard-of-environment.ts';
import { type ShardFile, shardFile, type WholePlan } from '../shard/whole-plan.ts';
import { repeatCommand, type RunOptions } from './options.ts';

/** The share of the plan that this machine is to drill; null without `--shard`: all of it. */
export function shareOf(
  wanted: readonly WantedDrill[],
  options: RunOptions,
  seed: number,
  env: NodeJS.ProcessEnv,
): ShardFile | null {
  if (options.shard === null) return null;
  if (options.seed === null) {
    throw new DrillError('DRILL_E_USAGE', {
      what: '--shard needs --seed',
      why: 'each shard would draw a seed of its own, and they would not be parts of one plan',
      fix: 'give all of them the same, for instance the number of the CI run: --seed=$GITHUB_RUN_ID',
      exit: 2,
    });
  }
  const shard = resolveShard(options.shard, env);
  return shardFile(wholePlan(wanted, options, seed), shard, toolVersion());
}

function wholePlan(wanted: readonly WantedDrill[], options: RunOptions, seed: number): WholePlan {
  return {
    repeatCommand: repeatCommand({ ...options, shard: null }, seed),
    seed,
    supervisor: options.supervisor,
    timeoutMs: options.timeoutMs,
    drills: wanted.map(({ drillId, loaded: { scenario, ownChecks }, ...drill }) => ({
      drillId,
      scenario: scenario.id,
      scenarioDigest: createHash('sha256')
        .update(JSON.stringify([scenario, ...(ownChecks === undefined ? [] : [ownChecks.sha256])]))
        .digest('hex'),
      seed: drill.seed,
      planDigest: planDrill(scenario, drill.seed).planDigest,
      litestream: drill.litestream,
      store: drill.store,
      expect: drill.expect,
      mustFail: drill.mustFail,
      mustCount: drill.mustCount,
      mustBreak: drill.mustBreak,
      mustHold: drill.mustHold,
      expectedMs: expectedDurationMs(scenario),
    })),
  };
}
