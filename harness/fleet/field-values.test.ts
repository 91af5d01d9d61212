import { expect, it } from 'vitest';
import { randomFor } from '../random.ts';
import { collectionTemplate, FIRST_COLLECTION, OTHER_COLLECTIONS } from './collection-templates.ts';
import { valueMakers } from './field-values.ts';
import { vocabularyFor } from './vocabulary.ts';

const vocabulary = vocabularyFor(1);

function sizesOf(collection: string, recordBytes?: number): number[] {
  const random = randomFor(1, collection);
  const makers = valueMakers(collectionTemplate(collection), recordBytes);
  return Array.from({ length: 50 }, (_, index) => {
    const row = { random, vocabulary, unique: String(index), atMs: 0, people: [], files: [] };
    return makers.map((make) => String(make(row) ?? '').length).reduce((sum, one) => sum + one, 0);
  });
}

it('fills every record up to about the given size, where its collection has a field that takes any text', () => {
  const collections = [FIRST_COLLECTION, ...OTHER_COLLECTIONS];
  // Invoices have none: their only text is unique.
  for (const collection of collections.filter((id) => id !== 'invoices')) {
    for (const size of sizesOf(collection, 2500)) {
      expect(size, collection).toBeGreaterThan(2300);
      expect(size, collection).toBeLessThan(2700);
    }
  }
  expect(Math.max(...sizesOf('invoices', 2500))).toBeLessThan(300);
});

it('leaves records as long as their words without one', () => {
  expect(Math.max(...sizesOf('articles'))).toBeLessThan(600);
});

it('keeps a filled-up value of its kind', () => {
  const random = randomFor(1, 'kinds');
  const value = (collection: string, field: string): string => {
    const { fields } = collectionTemplate(collection);
    const row = { random, vocabulary, unique: '1', atMs: 0, people: [], files: [] };
    return String(
      valueMakers(collectionTemplate(collection), 1000)[fields.findIndex(({ name }) => name === field)]?.(
        row,
      ),
    );
  };
  expect(JSON.parse(value('orders', 'lines'))).toMatchObject({ note: expect.any(String) });
  expect(new URL(value('people', 'homepage')).searchParams.get('note')?.length).toBeGreaterThan(700);
});
