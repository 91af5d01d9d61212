import { expect, it } from 'vitest';
import { isLow } from './free-space.ts';

const MIB = 1 << 20;
const GIB = 1 << 30;

it.each([
  // [free, of, was the alarm raised, is it]
  [7 * MIB, 64 * MIB, false, false],
  [6 * MIB, 64 * MIB, false, true],
  [7 * MIB, 64 * MIB, true, true],
  [8 * MIB, 64 * MIB, true, false],
  [0, 64 * MIB, false, true],
  // A tenth of a large disk is no lack.
  [20 * GIB, 2048 * GIB, false, false],
  [GIB - 1, 2048 * GIB, false, true],
  [1.1 * GIB, 2048 * GIB, true, true],
  [1.3 * GIB, 2048 * GIB, true, false],
])('%d free of %d, alarm raised before: %s → %s', (free, total, was, is) => {
  expect(isLow(free, total, was)).toBe(is);
});
