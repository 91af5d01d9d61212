import { expect, it } from 'vitest';
import { appPath, realmPath } from '../fleet/layout.ts';
import { randomFor } from '../random.ts';
import { pickOperation } from './mix.ts';
import { createRecord, deleteRecord, updateRecord } from './record-operations.ts';

function drawn(path: string, mix?: Parameters<typeof pickOperation>[2]): Map<unknown, number> {
  const random = randomFor(1, 'mix');
  const counts = new Map<unknown, number>();
  for (let draw = 0; draw < 3000; draw++) {
    const operation = pickOperation(path, random, mix);
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  return counts;
}

it('gives apps nothing but the records of their mix, in its shares', () => {
  const counts = drawn(appPath('acme', 'shop'), { create: 2, update: 1, delete: 0 });
  expect(new Set(counts.keys())).toEqual(new Set([createRecord, updateRecord]));
  expect(counts.get(createRecord)).toBeGreaterThan(1850);
  expect(counts.get(createRecord)).toBeLessThan(2150);
});

it('leaves realms, and apps without a mix, to the ordinary one', () => {
  const updatesOnly = { create: 0, update: 1, delete: 0 };
  expect(drawn(realmPath('acme'), updatesOnly).has(updateRecord)).toBe(false);
  const counts = drawn(appPath('acme', 'shop'));
  for (const operation of [createRecord, updateRecord, deleteRecord])
    expect(counts.has(operation)).toBe(true);
  expect(counts.size).toBeGreaterThan(6);
});
