import { expect, test } from 'vitest';
import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { restorePoint } from './restore-point.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const object = (second: number) => ({ key: `k${second}`, sizeBytes: 9, modifiedAt: at(second) });

/** A generation with a snapshot and segments at these seconds. */
function generation(id: string, first: number, last: number) {
  return {
    id,
    snapshots: [{ ...object(first), index: 0 }],
    segments: [{ ...object(last), index: 0, offset: 0 }],
  };
}

const BOTH: ReplicatedDatabase = {
  path: 'system.db',
  generations: [generation('old', 10, 20), generation('new', 30, 40)],
  ltx: [],
};

const asked = (second: number) => restorePoint(BOTH, at(second).toISOString());

test('an instant within a generation is asked for as it is', () => {
  for (const second of [10, 15, 20, 30, 40]) {
    expect(asked(second)).toEqual({ timestamp: at(second).toISOString(), generation: null, note: '' });
  }
});

test('after the last object, and between two generations, the state is that of the last object before', () => {
  expect(asked(41)).toMatchObject({ timestamp: null, generation: 'new' });
  expect(asked(25)).toMatchObject({ timestamp: null, generation: 'old' });
  expect(asked(25).note).toContain('2026-01-01T00:00:20.000Z');
});

test('what is older than everything is left for Litestream to refuse', () => {
  expect(asked(9)).toMatchObject({ timestamp: at(9).toISOString(), generation: null });
});

test('0.5 knows what an instant after its last file is', () => {
  const ltx = [{ ...object(10), level: 0, minTxid: 1, maxTxid: 1 }];
  const timestamp = at(41).toISOString();
  expect(restorePoint({ path: 'a', generations: [], ltx }, timestamp).timestamp).toBe(timestamp);
  expect(restorePoint(BOTH, null)).toEqual({ timestamp: null, generation: null, note: '' });
});
