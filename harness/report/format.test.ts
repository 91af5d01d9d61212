import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, duration, shortened, wrapped } from './format.ts';

test.each([
  [null, '–'],
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [119_940, '119.9 s'],
  [119_960, '2 min'],
  [605_000, '10 min 5 s'],
])('duration %s: %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_999, '1.0 MB'],
  [20_100_000, '20.1 MB'],
])('bytes %s: %s', (value, text) => {
  expect(bytes(value)).toBe(text);
});

test('a shortened text keeps both ends and never half a character', () => {
  expect(shortened('realms/acme/realm.db', 11)).toBe('realm…lm.db');
  expect(shortened('short', 11)).toBe('short');
  expect(shortened('😀😀😀😀', 3)).toBe('😀…😀');
});

test('wrapping loses nothing and keeps to the width', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 })), fc.integer({ min: 10, max: 40 }), (words, width) => {
      const text = words.join(' ');
      const lines = wrapped(text, width);
      expect(lines.every((line) => Array.from(line).length <= width)).toBe(true);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
  );
});
