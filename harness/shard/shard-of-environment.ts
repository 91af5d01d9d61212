import { DrillError } from '../errors.ts';
import { MOST_SHARDS, type Shard, type ShardChoice } from './shard.ts';

/** What CI systems and Kubernetes call the number of a parallel job, what they count it from, and how many there are. */
const NAMES = [
  { index: 'CI_NODE_INDEX', from: 1, total: 'CI_NODE_TOTAL' }, // GitLab and what follows it
  { index: 'CIRCLE_NODE_INDEX', from: 0, total: 'CIRCLE_NODE_TOTAL' },
  { index: 'BUILDKITE_PARALLEL_JOB', from: 0, total: 'BUILDKITE_PARALLEL_JOB_COUNT' },
  { index: 'SYSTEM_JOBPOSITIONINPHASE', from: 1, total: 'SYSTEM_TOTALJOBSINPHASE' }, // Azure Pipelines
  { index: 'BITBUCKET_PARALLEL_STEP', from: 0, total: 'BITBUCKET_PARALLEL_STEP_COUNT' },
  { index: 'JOB_COMPLETION_INDEX', from: 0, total: null }, // Kubernetes, an Indexed Job
] as const;

/**
 * The shard that this machine is. Only `--shard=auto` looks at the environment: CI systems set these variables in jobs
 * that share nothing as well, and a job must not skip drills because of them unasked.
 */
export function resolveShard(choice: ShardChoice, env: NodeJS.ProcessEnv): Shard {
  const count = choice.count ?? countIn(env);
  return { index: choice.index ?? indexIn(env, count), count };
}

function countIn(env: NodeJS.ProcessEnv): number {
  const totals = NAMES.flatMap(({ total }) => (total === null ? [] : [total]));
  const found = totals.flatMap((name) => {
    const count = wholeNumber(env, name, 1, MOST_SHARDS);
    return count === null ? [] : [{ name, value: count }];
  });
  return theOne(found, 'how many shards there are', totals, 'give the number: --shard=auto/5');
}

function indexIn(env: NodeJS.ProcessEnv, count: number): number {
  const found = NAMES.flatMap(({ index: name, from }) => {
    const index = wholeNumber(env, name, from, count - 1 + from);
    return index === null ? [] : [{ name, value: index - from + 1 }];
  });
  const names = NAMES.map(({ index }) => index);
  return theOne(found, 'which shard this is', names, 'name it: --shard=2/5');
}

/** What all that are set agree on. */
function theOne(
  found: readonly { readonly name: string; readonly value: number }[],
  what: string,
  names: readonly string[],
  fix: string,
): number {
  const [first, ...others] = found;
  if (first === undefined) throw unknown(what, `none of ${names.join(', ')} is set`, fix);
  const other = others.find(({ value }) => value !== first.value);
  if (other === undefined) return first.value;
  throw unknown(what, `${first.name} makes it ${first.value}, ${other.name} ${other.value}`, fix);
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
