/** One of several machines that share a plan: `index` from 1 to `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What `--shard` says: a shard, or that the machine's environment knows which. null: it is to be found there too. */
export interface ShardChoice {
  readonly index: number | null;
  readonly count: number | null;
}

export const MOST_SHARDS = 1000;

/** Reads `2/5`, `auto` or `auto/5`. Throws a RangeError whose message says which part is wrong. */
export function parseShard(text: string): ShardChoice {
  if (text === 'auto') return { index: null, count: null };
  const match = /^(auto|\d{1,9})\/(\d{1,9})$/.exec(text);
  if (match === null) {
    throw new RangeError(
      'A shard is written 2/5, the second of five; or auto, or auto/5, from the environment.',
    );
  }
  const count = Number(match[2]);
  if (count < 1 || count > MOST_SHARDS) {
    throw new RangeError(`The number of shards, ${count}, must be from 1 to ${MOST_SHARDS}.`);
  }
  const index = match[1] === 'auto' ? null : Number(match[1]);
  if (index !== null && (index < 1 || index > count)) {
    throw new RangeError(`The shard, ${index}, must be from 1 to the number of shards, ${count}.`);
  }
  return { index, count };
}

/** `shard-2-of-5`: what its file is called, and the folder of its parts in a merged run. */
export function nameOf({ index, count }: Shard): string {
  return `shard-${index}-of-${count}`;
}
