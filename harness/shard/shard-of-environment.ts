import { DrillError } from '../errors.ts';
import { MOST_SHARDS, type Shard, type ShardChoice } from './shard.ts';

/**
 * The shard that this machine is. Only `--shard=auto` looks at the environment: CI systems set these variables in jobs
 * that share nothing as well, and a job must not skip drills because of them unasked.
 */
export function resolveShard(choice: ShardChoice, env: NodeJS.ProcessEnv): Shard {
  const count = choice.count ?? wholeNumber(env, 'CI_NODE_TOTAL', 1, MOST_SHARDS);
  if (count === null) {
    throw unknown('how many shards there are', 'CI_NODE_TOTAL is not set', 'give the number: --shard=auto/5');
  }
  const index = choice.index ?? ownIndex(env, count);
  if (index === null) {
    const why = 'neither JOB_COMPLETION_INDEX nor CI_NODE_INDEX is set';
    throw unknown('which shard this is', why, 'name it: --shard=2/5');
  }
  return { index, count };
}

/** Kubernetes counts the pods of an Indexed Job from 0; the CI systems that set CI_NODE_INDEX count from 1. */
function ownIndex(env: NodeJS.ProcessEnv, count: number): number | null {
  const completion = wholeNumber(env, 'JOB_COMPLETION_INDEX', 0, count - 1);
  const node = wholeNumber(env, 'CI_NODE_INDEX', 1, count);
  if (completion !== null && node !== null && completion + 1 !== node) {
    const why = `JOB_COMPLETION_INDEX is ${completion}, counted from 0, and CI_NODE_INDEX ${node}, counted from 1`;
    throw unknown('which shard this is', why, 'name it: --shard=2/5');
  }
  return node ?? (completion === null ? null : completion + 1);
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, from: number, to: number): number | null {
  const text = env[name];
  if (text === undefined || text === '') return null;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new DrillError('DRILL_E_USAGE', {
    what: `${name} is ${JSON.stringify(text)}`,
    why: `with --shard=auto it must be a whole number from ${from} to ${to}`,
    fix: 'correct it, or name the shard: --shard=2/5',
    exit: 2,
  });
}

function unknown(what: string, why: string, fix: string): DrillError {
  return new DrillError('DRILL_E_USAGE', { what: `--shard=auto cannot tell ${what}`, why, fix, exit: 2 });
}
