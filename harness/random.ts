import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded source of randomness. The same seed and label give the same sequence on every machine. */
export interface Random {
  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number;
  /** A number in [0, 1). */
  float(): number;
  /** One of the items. The list must not be empty. */
  pick<T>(items: readonly T[]): T;
}

/** Randomness for one purpose: `label` names the purpose, so that adding a new one shifts no other. */
export function randomFor(seed: number, label: string): Random {
  const state = createHash('sha256').update(`${seed}\n${label}`).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => state.readInt32LE(offset)));
  const int = (from: number, to: number): number => uniformInt(generator, from, to);
  return {
    int,
    float: () => uniformFloat64(generator),
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new RangeError('pick() from an empty list');
      return items[int(0, items.length - 1)] as T;
    },
  };
}
