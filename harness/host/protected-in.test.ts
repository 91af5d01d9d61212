import { expect, it } from 'vitest';
import { protectedIn } from './protected-in.ts';

it('is when the path was first seen protected', () => {
  expect(protectedIn({ epoch: 1, at: 100 }, 90, 90)).toBe(90);
  expect(protectedIn({ epoch: 1, at: 100 }, 200, 300)).toBe(200);
  expect(protectedIn({ epoch: 1, at: 100 }, undefined, undefined)).toBeNull();
});

it('is not what an earlier file at the path was', () => {
  expect(protectedIn({ epoch: 2, at: 100 }, 90, 90)).toBeNull();
  expect(protectedIn({ epoch: 2, at: 100 }, 90, 120)).toBe(120);
  // It was there before, and lapsed for a moment.
  expect(protectedIn({ epoch: 2, at: 100 }, 110, 120)).toBe(110);
});
