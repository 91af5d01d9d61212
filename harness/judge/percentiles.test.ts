import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { distributionOf } from './percentiles.ts';

test('nearest rank: every figure is a measured one', () => {
  expect(distributionOf([])).toBeNull();
  expect(distributionOf([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7 });
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(distributionOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
  expect(distributionOf([1, 2, 3, 4])).toEqual({ p50: 2, p95: 4, p99: 4, max: 4 });
  expect(distributionOf([10, 9, 100])).toEqual({ p50: 10, p95: 100, p99: 100, max: 100 });
});

test('at least its share of the figures lies at or below a percentile', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), (figures) => {
      const spread = distributionOf(figures);
      const share = (limit: number): number => figures.filter((one) => one <= limit).length / figures.length;
      expect(share(spread?.p50 ?? -1)).toBeGreaterThanOrEqual(0.5);
      expect(share(spread?.p95 ?? -1)).toBeGreaterThanOrEqual(0.95);
      expect(spread?.max).toBe(figures.reduce((most, one) => Math.max(most, one)));
    }),
  );
});
