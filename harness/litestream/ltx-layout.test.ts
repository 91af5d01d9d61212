import { expect, test } from 'vitest';
import { databasesInBucket } from './bucket-layout.ts';
import { ltxKey, ltxRestorePlan, parseLtxKey } from './ltx-layout.ts';
import { formatTaken } from './restored-format.ts';

const GENERATION = 'a'.repeat(16);

function object(name: string, options: { second?: number; sizeBytes?: number } = {}) {
  const { second = 0, sizeBytes = 1000 } = options;
  return { key: `prod/x.db/${name}`, sizeBytes, modifiedAt: new Date(second * 1000) };
}

function ltx(level: number, min: number, max: number, sizeBytes?: number) {
  const hex = (txid: number): string => txid.toString(16).padStart(16, '0');
  return object(`000${level}/${hex(min)}-${hex(max)}.ltx`, sizeBytes === undefined ? {} : { sizeBytes });
}

function plan(...objects: ReturnType<typeof object>[]) {
  const [found] = databasesInBucket(objects, 'prod');
  const answer = ltxRestorePlan(found?.ltx ?? []);
  return answer === null
    ? null
    : { ...answer, files: answer.files.map((file) => `${file.level}:${file.minTxid}-${file.maxTxid}`) };
}

test('LTX files are found beside generations, by level and transaction id', () => {
  const found = databasesInBucket(
    [
      ltx(0, 0x10, 0x10),
      ltx(0, 2, 2),
      ltx(9, 1, 2),
      object(`generations/${GENERATION}/snapshots/00000000.snapshot.lz4`),
      object('ltx/0/0000000000000001-0000000000000001.ltx.tmp'),
      object('000a/0000000000000001-0000000000000001.ltx'),
    ],
    'prod',
  );
  expect(found).toHaveLength(1);
  expect(found[0]?.ltx.map(({ level, minTxid }) => [level, minTxid])).toEqual([
    [0, 2],
    [0, 16],
    [9, 1],
  ]);
  expect(found[0]?.generations).toHaveLength(1);
});

test('a restore goes on from the last snapshot with what reaches furthest', () => {
  expect(plan(ltx(9, 1, 2), ltx(9, 1, 5), ltx(0, 4, 4), ltx(0, 6, 6), ltx(1, 3, 7), ltx(0, 8, 8))).toEqual({
    files: ['9:1-5', '1:3-7', '0:8-8'],
    maxTxid: 8,
    problem: null,
  });
  expect(plan(ltx(0, 1, 1), ltx(0, 2, 2), ltx(2, 1, 2))?.files).toEqual(['2:1-2']);
});

test('files of one level that overlap leave no hole where the longer one is passed over', () => {
  expect(plan(ltx(0, 1, 1), ltx(1, 1, 3), ltx(1, 2, 6), ltx(0, 7, 7))).toMatchObject({
    maxTxid: 7,
    problem: null,
  });
});

test.for([
  ['nothing to begin with', [ltx(0, 2, 2)], /neither a snapshot nor TXID 1/],
  ['a hole', [ltx(9, 1, 2), ltx(0, 4, 4)], /TXID 3 is missing, and prod\/x\.db\/0000\/0+4-0+4\.ltx/],
  ['a hole after the last snapshot', [ltx(0, 1, 1), ltx(0, 3, 3)], /TXID 2 is missing/],
  ['a file that is no LTX file', [ltx(0, 1, 1), ltx(0, 2, 2, 10)], /cut off/],
] as const)('%s is a problem', ([, objects, problem]) => {
  expect(plan(...objects)?.problem).toMatch(problem);
});

test('a hole before the last snapshot is none', () => {
  expect(plan(ltx(0, 1, 1), ltx(9, 1, 8), ltx(0, 5, 5), ltx(0, 9, 9))).toMatchObject({
    maxTxid: 9,
    problem: null,
  });
});

test('no LTX file: no plan', () => {
  expect(plan()).toBeNull();
});

test.for([
  [1, 2, 'ltx'],
  [2, 1, 'generations'],
  [1, 1, 'ltx'],
] as const)('generations of second %i and LTX of %i: the newer are %s', ([old, young, newer]) => {
  const [found] = databasesInBucket(
    [
      object(`generations/${GENERATION}/snapshots/00000000.snapshot.lz4`, { second: old }),
      object('0000/0000000000000001-0000000000000001.ltx', { second: young }),
    ],
    'prod',
  );
  if (found === undefined) throw new Error('not found');
  expect(formatTaken(found, 'newer')).toBe(newer);
  expect(formatTaken(found, 'generations')).toBe('generations');
  expect(formatTaken(found, 'ltx')).toBe('ltx');
  expect(formatTaken({ ...found, ltx: [] }, 'ltx')).toBeNull();
  expect(formatTaken({ ...found, generations: [] }, 'generations')).toBeNull();
});

test('a key is written as it is read', () => {
  const file = { path: 'realms/acme/realm.db', level: 9, minTxid: 1, maxTxid: 0xabc };
  expect(ltxKey(file)).toBe('realms/acme/realm.db/0009/0000000000000001-0000000000000abc.ltx');
  expect(parseLtxKey(ltxKey(file))).toEqual(file);
});
