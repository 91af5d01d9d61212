import { expect, test } from 'vitest';
import { compareVersions, parseVersion } from './version.ts';

test.for([
  ['0.5.17', '0.5.17'],
  ['v0.3.13', '0.3.13'],
  ['0.5.0-beta1', '0.5.0-beta1'],
  ['0.5', null],
  ['latest', null],
  ['./0.5.17', null],
  ['0.5.17/../../bin/litestream', null],
  ['0.5.17-..', null],
  ['0.5.17.1', null],
  ['', null],
] as const)('%j: %j', ([text, expected]) => {
  expect(parseVersion(text)).toBe(expected);
});

test('versions are ordered by their numbers, pre-releases first', () => {
  const ordered = ['0.3.13', '0.5.0-beta1', '0.5.0', '0.5.5', '0.5.10', '0.5.17'];
  expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered);
});
