import { expect, test } from 'vitest';
import { everyFault } from './every-fault.ts';

test('a declared fault of which there is no record counts as one that never engaged', () => {
  const records = [{ id: 'first', engaged: true, count: 3 }];
  expect(everyFault([{ id: 'first' }, { id: 'second' }], records)).toEqual([
    ...records,
    { id: 'second', engaged: false, count: 0 },
  ]);
});
