import { expect, it } from 'vitest';
import { changesBetween } from './listing-changes.ts';

const object = (key: string, etag: string, atMs = 0) => ({
  key,
  sizeBytes: 1,
  modifiedAt: new Date(atMs),
  etag,
});

it('sees what is new, what was written over and what is gone, and nothing else', () => {
  const before = [
    object('same', 'a'),
    object('over', 'a'),
    object('over with the same', 'a'),
    object('gone', 'a'),
  ];
  const after = [
    object('same', 'a'),
    object('over', 'b'),
    object('over with the same', 'a', 1),
    object('new', 'a'),
  ];
  expect(changesBetween(before, after)).toEqual([
    { method: 'PUT', key: 'over' },
    { method: 'PUT', key: 'over with the same' },
    { method: 'PUT', key: 'new' },
    { method: 'DELETE', key: 'gone' },
  ]);
  expect(changesBetween(before, before)).toEqual([]);
});
