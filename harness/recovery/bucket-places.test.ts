import { expect, it } from 'vitest';
import { databasesInBucket } from '../litestream/bucket-layout.ts';
import { type BucketLayout, placesInBucket } from './bucket-places.ts';

const SEGMENT = 'generations/0123456789abcdef/wal/00000000_00000000.wal.lz4';

/** Where each database is taken from: `path ← place`. */
function taken(layout: BucketLayout, ...objects: [place: string, second: number][]): string[] {
  const listed = objects.map(([place, second]) => ({
    key: `prod/${place}/${SEGMENT}`,
    sizeBytes: 1,
    modifiedAt: new Date(second * 1000),
  }));
  const places = placesInBucket(databasesInBucket(listed, 'prod'), layout);
  return [...places].map(([path, { replica }]) => `${path} ← ${replica.path}`).toSorted();
}

it('finds system, realm and app where the shipped program puts them', () => {
  expect(taken('any', ['system', 1], ['realms/acme/realm', 1], ['realms/acme/apps/shop/data', 1])).toEqual([
    'realms/acme/apps/shop/data.db ← realms/acme/apps/shop/data',
    'realms/acme/realm.db ← realms/acme/realm',
    'system.db ← system',
  ]);
});

it('by the page alone, nothing in the other place stands for a database', () => {
  expect(taken('documented', ['system', 1], ['realms/acme/realm', 1])).not.toContain('system.db ← system');
});

it('of two places takes the one that was updated last, and the documented one when they are equal', () => {
  expect(taken('any', ['system.db', 2], ['system', 1])).toEqual(['system.db ← system.db']);
  expect(taken('any', ['system.db', 1], ['system', 2])).toEqual(['system.db ← system']);
  expect(taken('any', ['system.db', 2], ['system', 2])).toEqual(['system.db ← system.db']);
});

it('takes no other key for a database: a realm may have any name', () => {
  expect(taken('any', ['realms/system', 1], ['realms/acme/data', 1], ['old/system', 1])).toEqual([
    'old/system ← old/system',
    'realms/acme/data ← realms/acme/data',
    'realms/system ← realms/system',
  ]);
});

it('says which of two it took', () => {
  const both = databasesInBucket(
    ['system.db', 'system'].map((place, second) => ({
      key: `prod/${place}/${SEGMENT}`,
      sizeBytes: 1,
      modifiedAt: new Date(second * 1000),
    })),
    'prod',
  );
  expect(placesInBucket(both, 'any').get('system.db')?.note).toBe(
    'from system/, updated after the one at system.db/',
  );
});
