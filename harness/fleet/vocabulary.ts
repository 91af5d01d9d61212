import { faker } from '@faker-js/faker/locale/en';
import { randomFor } from '../random.ts';

/**
 * What rows are made of. faker alone makes 72,000 rows a second, SQLite takes five times as many; so faker makes
 * the words once per seed, and each database draws from them with a generator seeded by its path.
 */
export interface Vocabulary {
  readonly names: readonly string[];
  readonly emailNames: readonly string[];
  readonly titles: readonly string[];
  readonly products: readonly string[];
  readonly sentences: readonly string[];
  readonly places: readonly string[];
  readonly urls: readonly string[];
  readonly words: readonly string[];
  readonly fileNames: readonly string[];
}

const ITEMS = 400;

/** The words of a seed. */
export function vocabularyFor(seed: number): Vocabulary {
  faker.seed(randomFor(seed, 'vocabulary').int(0, 0x7fffffff));
  return {
    names: many(() => faker.person.fullName()),
    emailNames: many(() => faker.internet.username().toLowerCase()),
    titles: many(() => faker.company.catchPhrase()),
    products: many(() => faker.commerce.productName()),
    sentences: many(() => faker.lorem.sentence({ min: 6, max: 18 })),
    places: many(() => `${faker.location.streetAddress()}, ${faker.location.city()}`),
    urls: many(() => faker.internet.url()),
    words: many(() => faker.word.noun()),
    fileNames: many(() => faker.system.commonFileName('png')),
  };
}

function many(make: () => string): string[] {
  return Array.from({ length: ITEMS }, make);
}
