import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

const POLICY = { firstMs: 100, maxMs: 1000, stableMs: 10_000, crashLoopExits: 3 };

test('doubles with every short run, up to the limit', () => {
  const backoff = new Backoff(POLICY);
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.ended(50))).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test('a long run starts the count anew', () => {
  const backoff = new Backoff(POLICY);
  for (let i = 0; i < 4; i++) backoff.ended(50);
  expect(backoff.ended(10_000)).toBe(100);
  expect(backoff.ended(9999)).toBe(200);
});

test('several short runs are a crash loop until one lasts', () => {
  const backoff = new Backoff(POLICY);
  backoff.ended(50);
  backoff.ended(50);
  expect(backoff.crashLoop(0)).toBe(false);
  backoff.ended(50);
  expect(backoff.crashLoop(0)).toBe(true);
  expect(backoff.crashLoop(9999)).toBe(true);
  expect(backoff.crashLoop(10_000)).toBe(false);
  backoff.ended(10_000);
  expect(backoff.crashLoop(0)).toBe(false);
});

test('a thousand deaths overflow nothing', () => {
  const backoff = new Backoff(POLICY);
  for (let i = 0; i < 1000; i++) backoff.ended(1);
  expect(backoff.ended(1)).toBe(1000);
});
