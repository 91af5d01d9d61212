import { expect, test } from 'vitest';
import { databasesInBucket, type ReplicatedDatabase } from './bucket-layout.ts';
import { mayBeRenewed, newerFormat } from './restored-format.ts';

const SNAPSHOT = 'generations/0123456789abcdef/snapshots/00000000.snapshot.lz4';
const SEGMENT = 'generations/0123456789abcdef/wal/00000000_00000000.wal.lz4';
const LATER = 'generations/fedcba9876543210/snapshots/00000000.snapshot.lz4';
const LTX = '0000/0000000000000001-0000000000000001.ltx';

/** One database whose objects were written at these seconds. */
function written(seconds: Readonly<Record<string, number>>): ReplicatedDatabase {
  const objects = Object.entries(seconds).map(([name, at]) => ({
    key: `prod/system.db/${name}`,
    sizeBytes: 1,
    modifiedAt: new Date(at * 1000),
  }));
  const [database] = databasesInBucket(objects, 'prod');
  if (database === undefined) throw new Error('no database');
  return database;
}

test.each([
  ['upgraded', { [SNAPSHOT]: 1, [SEGMENT]: 2, [LTX]: 3 }, 'ltx', false],
  ['upgraded, the generations copied since', { [SNAPSHOT]: 4, [SEGMENT]: 5, [LTX]: 3 }, 'generations', true],
  ['upgraded, one of their objects copied', { [SNAPSHOT]: 1, [SEGMENT]: 5, [LTX]: 3 }, 'generations', false],
  ['upgraded and taken back', { [SNAPSHOT]: 1, [LTX]: 3, [LATER]: 4 }, 'generations', false],
  ['never upgraded', { [SNAPSHOT]: 1, [SEGMENT]: 2 }, 'generations', false],
  ['born on 0.5', { [LTX]: 3 }, 'ltx', false],
] as const)('%s', (_, seconds, newer, renewed) => {
  const database = written(seconds);
  expect(newerFormat(database)).toBe(newer);
  expect(mayBeRenewed(database)).toBe(renewed);
});
