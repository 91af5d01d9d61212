import { describe, expect, it } from 'vitest';
import { databasesInBucket } from './bucket-layout.ts';
import { keysOfRange, objectAt, restoreChain } from './restore-chain.ts';

/** Names of the chain of `app.db`, from names and the second of their upload. */
function chainOf(objects: readonly (readonly [name: string, second: number])[]) {
  const listed = objects.map(([name, second]) => ({
    key: `prod/app.db/${name}`,
    sizeBytes: 1000,
    modifiedAt: new Date(second * 1000),
  }));
  const [database] = databasesInBucket(listed, 'prod');
  if (database === undefined) throw new Error('no replica');
  return restoreChain(database);
}

const GENERATION = 'generations/0123456789abcdef';
const SEGMENTS = ['0_0', '0_1038', '1_0', '1_1038'].map((name) => {
  const [index = '', offset = ''] = name.split('_').map((part) => part.padStart(8, '0'));
  return `${GENERATION}/wal/${index}_${offset}.wal.lz4`;
});

function ltx(level: number, min: number, max = min): string {
  const txid = (value: number): string => value.toString(16).padStart(16, '0');
  return `000${level}/${txid(min)}-${txid(max)}.ltx`;
}

describe('the chain of a restore', () => {
  it('is the newest snapshot of a generation and the segments from its index on', () => {
    const snapshot = `${GENERATION}/snapshots/00000001.snapshot.lz4`;
    const chain = chainOf([[snapshot, 9], ...SEGMENTS.map((name, index) => [name, index] as const)]);
    expect(chain.map(({ key }) => key.slice('prod/app.db/'.length))).toEqual([
      snapshot,
      ...SEGMENTS.slice(2),
    ]);
  });

  it('is the plan of LTX files: merged ones in the place of those that they hold', () => {
    const chain = chainOf([
      [ltx(9, 1), 1],
      ...[1, 2, 3, 4, 5].map((txid) => [ltx(0, txid), txid] as const),
      [ltx(1, 2, 4), 4],
    ]);
    expect(chain.map(({ key }) => key.slice('prod/app.db/'.length))).toEqual([
      ltx(9, 1),
      ltx(1, 2, 4),
      ltx(0, 5),
    ]);
  });

  it('is empty where nothing begins', () => {
    expect(chainOf([[SEGMENTS[0] ?? '', 1]])).toEqual([]);
  });
});

describe('what holds the same transactions', () => {
  it('is on every level', () => {
    const names = [ltx(9, 1), ltx(0, 1), ltx(0, 2), ltx(0, 3), ltx(1, 2, 3), ltx(0, 4)];
    const listed = names.map((name) => ({
      key: `prod/app.db/${name}`,
      sizeBytes: 1000,
      modifiedAt: new Date(0),
    }));
    const [database] = databasesInBucket(listed, 'prod');
    const merged = listed[4];
    if (database === undefined || merged === undefined) throw new Error('no replica');
    expect(keysOfRange(database, merged).map((key) => key.slice('prod/app.db/'.length))).toEqual([
      ltx(0, 2),
      ltx(0, 3),
      ltx(1, 2, 3),
    ]);
  });
});

describe('a place in it', () => {
  const chain = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => ({
    key,
    sizeBytes: 1,
    modifiedAt: new Date(0),
  }));
  const at = (position: Parameters<typeof objectAt>[1], index = 0, count = 1, from = 0) =>
    objectAt(chain, position, { index, count, from })?.key;

  it('is the first, the middle or the last', () => {
    expect([at('first'), at('middle'), at('last')]).toEqual(['a', 'd', 'g']);
    expect([at('first', 0, 1, 1), at('last', 0, 1, 1)]).toEqual(['b', 'g']);
  });

  it('goes from the first to the last over the databases', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((index) => at('each', index, 7)).join('')).toBe('abcdefg');
    expect([0, 1, 2].map((index) => at('each', index, 3)).join('')).toBe('adg');
  });

  it('is nowhere in a chain of two', () => {
    expect(objectAt(chain.slice(0, 2), 'first', { index: 0, count: 1, from: 0 })).toBeNull();
  });

  it('is in each chain that has any, also in one that Litestream has just merged to two files', () => {
    const inShort = (length: number): (string | undefined)[] =>
      [0, 1, 2, 3, 4].map(
        (index) => objectAt(chain.slice(0, length), 'each', { index, count: 5, from: 0 })?.key,
      );
    expect(inShort(2).join('')).toBe('aabbb');
    expect(inShort(1).join('')).toBe('aaaaa');
    expect(inShort(0)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
});
