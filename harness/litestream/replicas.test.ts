import { expect, test } from 'vitest';
import { replicasIn } from './replicas.ts';

const GENERATION = 'generations/0123456789abcdef';
const keys = (...all: string[]) => all.map((key) => ({ key }));

test('finds replicas of both lines, wherever they lie', () => {
  const found = replicasIn(
    keys(
      `prod/system.db/${GENERATION}/snapshots/00000000.snapshot.lz4`,
      `prod/system.db/${GENERATION}/wal/00000000_00000000.wal.lz4`,
      `prod/realms/acme/realm/${GENERATION}/wal/00000000_00000000.wal.lz4`,
      'elsewhere/system.db/0000/0000000000000001-0000000000000001.ltx',
      'elsewhere/system.db/0009/0000000000000001-0000000000000009.ltx',
      `${GENERATION}/snapshots/00000000.snapshot.lz4`,
    ),
  );
  expect(found).toEqual([
    { at: '', objects: 1 },
    { at: 'elsewhere/system.db', objects: 2 },
    { at: 'prod/realms/acme/realm', objects: 1 },
    { at: 'prod/system.db', objects: 2 },
  ]);
});

test('leaves out what is not Litestream’s', () => {
  expect(replicasIn(keys('prod/readme.txt', 'prod/system.db', 'prod/0000/short.ltx'))).toEqual([]);
});
