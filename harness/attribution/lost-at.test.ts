import { expect, it } from 'vitest';
import { NOTHING, partLostWrites, reachAt } from './lost-at.ts';

const at = (seq: number) => ({ upTo: seq, atMost: seq });
const upTo = (seq: number): number[] => Array.from({ length: seq }, (_, index) => index + 1);

it('parts lost writes by the furthest place that each had come to', () => {
  expect(partLostWrites(upTo(10), { uploaded: at(2), staged: at(5), disk: at(9) })).toEqual({
    lostAt: { unreachable: 2, staged: 3, wal: 4, nowhere: 1, unclear: 0 },
    lostRuns: [
      { place: 'unreachable', from: 1, to: 2 },
      { place: 'staged', from: 3, to: 5 },
      { place: 'wal', from: 6, to: 9 },
      { place: 'nowhere', from: 10, to: 10 },
    ],
  });
});

it('a database that is not on the disk at all had its writes nowhere, the seeded rows with them', () => {
  const nowhere = { uploaded: NOTHING, staged: NOTHING, disk: NOTHING };
  expect(partLostWrites([0, 1, 2], nowhere)).toMatchObject({ lostAt: { nowhere: 3 } });
});

it('does not guess where the files do not tell', () => {
  const places = { uploaded: { upTo: 1, atMost: 3 }, staged: at(4), disk: at(5) };
  expect(partLostWrites(upTo(5), places).lostAt).toEqual({
    unreachable: 1,
    unclear: 2,
    staged: 1,
    wal: 1,
    nowhere: 0,
  });
});

it('tells the lost writes between those that came back apart, and by counts alone where there are too many pieces', () => {
  const places = { uploaded: at(3000), staged: at(3001), disk: at(3001) };
  expect(partLostWrites([3001, 7, 4, 5], places).lostRuns).toEqual([
    { place: 'unreachable', from: 4, to: 5 },
    { place: 'unreachable', from: 7, to: 7 },
    { place: 'staged', from: 3001, to: 3001 },
  ]);
  const everyOther = upTo(1001).map((nth) => nth * 2);
  expect(partLostWrites(everyOther, places)).toEqual({
    lostAt: { unreachable: 1001, staged: 0, wal: 0, nowhere: 0, unclear: 0 },
  });
});

const first = {
  wal: 7,
  commits: [
    { end: 100, seq: 11 },
    { end: 200, seq: 12 },
  ],
};
const second = { wal: 8, commits: [{ end: 100, seq: 13 }] };

it.each([
  ['between two commits', { wal: 7, offset: 150 }, 11],
  ['at the end of a commit', { wal: 7, offset: 200 }, 12],
  ['at the start of the next WAL', { wal: 8, offset: 0 }, 12],
  ['beyond all', { wal: 9, offset: 0 }, 13],
  ['before the first commit', { wal: 7, offset: 32 }, 10],
])('a place %s', (_, place, seq) => {
  expect(reachAt([first, second], place, at(13))).toEqual(at(seq));
});

it('of an earlier WAL than can be read, only the end is known', () => {
  expect(reachAt([first], { wal: 6, offset: 500 }, at(12))).toEqual({ upTo: -1, atMost: 10 });
});

it('a WAL without a write of the workload leaves all of them before it', () => {
  expect(reachAt([{ wal: 7, commits: [] }], { wal: 7, offset: 32 }, at(12))).toEqual(at(12));
});
