import { expect, it } from 'vitest';
import { lostAtOf } from '../judge/lost-at.ts';
import type { DatabaseResult } from '../result.ts';
import { lostAtInWords } from './lost-at.ts';

const NONE = { wal: 0, staged: 0, unreachable: 0, nowhere: 0, unclear: 0 };

function database(lostWrites: number, lostAt?: DatabaseResult['lostAt']): DatabaseResult {
  return {
    path: 'system.db',
    verdict: 'pass',
    rowsExpected: 1,
    rowsRestored: 1,
    recoveryPoint: 0,
    acknowledged: lostWrites,
    lostWrites,
    rpoMs: 1,
    restoreMs: 1,
    verifyMs: 1,
    failedChecks: [],
    detail: '',
    ...(lostAt === undefined ? {} : { lostAt }),
  };
}

it('says the places in words, the one with most first, and none that is empty', () => {
  expect(lostAtInWords({ ...NONE, wal: 2, unreachable: 1500 })).toBe(
    '1,500 uploaded and unreachable; 2 only in the WAL',
  );
  expect(lostAtInWords(NONE)).toBe('');
  const runs = [
    { place: 'unreachable', from: 3, to: 5 },
    { place: 'unreachable', from: 7, to: 7 },
    { place: 'wal', from: 20, to: 29 },
  ] as const;
  expect(lostAtInWords({ ...NONE, wal: 10, unreachable: 4 }, runs)).toBe(
    '10 only in the WAL (write 20 to 29); 4 uploaded and unreachable (write 3 to 5, 7)',
  );
});

it('adds up over the fleet', () => {
  const fleet = [database(3, { ...NONE, wal: 3 }), database(0), database(2, { ...NONE, wal: 1, staged: 1 })];
  expect(lostAtOf(fleet)).toEqual({ ...NONE, wal: 4, staged: 1 });
});

it('says nothing of a fleet of which a part is not told, or nothing was lost', () => {
  expect(lostAtOf([database(3, { ...NONE, wal: 3 }), database(1)])).toBeNull();
  expect(lostAtOf([database(0)])).toBeNull();
});
