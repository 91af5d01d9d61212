import { expect, test } from 'vitest';
import { costInWords } from '../report/store-cost.ts';
import { evidenceWith } from './green-evidence.ts';
import { judge } from './judge-drill.ts';

test('requests under load are those of a day, for each database that was alive', () => {
  const result = judge(
    evidenceWith((evidence) => {
      evidence.loadRequests = { spanMs: 8640, counts: { PUT: 30, LIST: 3 } };
    }),
  );
  expect(result.storeCost).toEqual({
    spanMs: 8640,
    databases: 3,
    perDatabaseAndDay: { LIST: 10_000, PUT: 100_000 },
  });
  expect(costInWords(result)).toBe(
    '10,000 LIST, 100,000 PUT per database and day, if all of it were like these 8.6 s under load (3 databases)',
  );
});

test('without a log there are none', () => {
  const result = judge(evidenceWith(() => undefined));
  expect(result).not.toHaveProperty('storeCost');
  expect(costInWords(result)).toBeNull();
});
