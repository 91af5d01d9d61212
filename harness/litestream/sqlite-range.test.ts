import { expect, test } from 'vitest';
import { hasWalResetBug } from './sqlite-range.ts';

test.for([
  ['3.6.23', false],
  ['3.7.0', true],
  ['3.42.0', true],
  ['3.51.2', true],
  ['3.51.3', false],
  ['3.53.0', false],
  ['4.0.0', false],
  ['unknown', false],
  ['', false],
] as const)('SQLite %s: %s', ([version, expected]) => {
  expect(hasWalResetBug(version)).toBe(expected);
});
