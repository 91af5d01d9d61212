import { expect, test } from 'vitest';
import { NewcomerPatience } from './newcomer-patience.ts';

test('a newcomer that stays busy is tried again after twice the time, at most 30 s, and anew once it was taken in', () => {
  const patience = new NewcomerPatience();
  expect(patience.isWaiting('a.db', 0)).toBe(false);
  let nowMs = 0;
  const waits: number[] = [];
  for (let failure = 0; failure < 9; failure++) {
    patience.left('a.db', nowMs);
    const sinceMs = nowMs;
    while (patience.isWaiting('a.db', nowMs)) nowMs += 100;
    waits.push(nowMs - sinceMs);
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(patience.isWaiting('b.db', nowMs)).toBe(false);
  patience.taken('a.db');
  patience.left('a.db', nowMs);
  expect(patience.isWaiting('a.db', nowMs + 499)).toBe(true);
  expect(patience.isWaiting('a.db', nowMs + 500)).toBe(false);
});
