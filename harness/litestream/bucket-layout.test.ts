import { expect, test } from 'vitest';
import { databasesInBucket } from './bucket-layout.ts';
import { firstGap, restoredGeneration, restoredSnapshot } from './generation-layout.ts';

const A = 'a'.repeat(16);
const B = 'b'.repeat(16);

function object(key: string, second = 0) {
  return { key, sizeBytes: 10, modifiedAt: new Date(second * 1000) };
}

function one(...objects: ReturnType<typeof object>[]) {
  const [database] = databasesInBucket(objects, 'prod');
  if (database === undefined) throw new Error('no database');
  return database;
}

function segments(...names: string[]) {
  const objects = names.map((name) => object(`prod/x.db/generations/${A}/wal/${name}.wal.lz4`));
  return restoredGeneration(databasesInBucket(objects, 'prod')[0]?.generations ?? [])?.segments ?? [];
}

test('finds every database below the prefix, and nothing else', () => {
  const found = databasesInBucket(
    [
      object(`prod/system.db/generations/${A}/snapshots/00000000.snapshot.lz4`),
      object(`prod/realms/acme/apps/web/data.db/generations/${A}/wal/0000000a_00001038.wal.lz4`),
      object(`prod/realms/generations/generations/${A}/snapshots/00000000.snapshot.lz4`),
      object(`production/system.db/generations/${A}/snapshots/00000000.snapshot.lz4`),
      object(`prod/system.db/generations/short/snapshots/00000000.snapshot.lz4`),
      object('prod/.supervisor-preflight-1'),
    ],
    '/prod/',
  );
  expect(found.map(({ path }) => path)).toEqual([
    'realms/acme/apps/web/data.db',
    'realms/generations',
    'system.db',
  ]);
  expect(found[0]?.generations[0]?.segments[0]).toMatchObject({ index: 10, offset: 0x1038 });
});

test('an empty prefix is the root of the bucket', () => {
  expect(
    databasesInBucket([object(`system.db/generations/${A}/snapshots/00000000.snapshot.lz4`)], ''),
  ).toHaveLength(1);
});

test('a restore takes the newest generation, and of equals the first', () => {
  const snapshot = (id: string, second: number) =>
    object(`prod/x.db/generations/${id}/snapshots/00000000.snapshot.lz4`, second);
  expect(restoredGeneration(one(snapshot(A, 1), snapshot(B, 2)).generations)?.id).toBe(B);
  expect(restoredGeneration(one(snapshot(A, 2), snapshot(B, 2)).generations)?.id).toBe(A);
  const later = object(`prod/x.db/generations/${A}/wal/00000000_00000000.wal.lz4`, 3);
  expect(restoredGeneration(one(snapshot(A, 1), snapshot(B, 2), later).generations)?.id).toBe(A);
});

test('a restore takes the newest snapshot, not the highest', () => {
  const generation = restoredGeneration(
    one(
      object(`prod/x.db/generations/${A}/snapshots/00000000.snapshot.lz4`, 5),
      object(`prod/x.db/generations/${A}/snapshots/00000004.snapshot.lz4`, 4),
    ).generations,
  );
  expect(generation === null ? null : restoredSnapshot(generation)?.index).toBe(0);
});

test('sees a missing index and a missing beginning', () => {
  const whole = segments('00000001_00000000', '00000001_00001038', '00000002_00000000');
  expect(firstGap(whole, 1)).toBeNull();
  expect(firstGap(whole, 0)).toBe('WAL 00000000 is missing');
  expect(firstGap(segments('00000001_00001038'), 1)).toBe('WAL 00000001 lacks its beginning');
  expect(firstGap(segments('00000000_00000000', '00000002_00000000'), 0)).toBe('WAL 00000001 is missing');
  expect(firstGap([], 0)).toBeNull();
});
