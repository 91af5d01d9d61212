import type { Distribution } from '../result.ts';

/** Nearest-rank percentiles: every figure is one that was measured. null for no figures. */
export function distributionOf(figures: readonly number[]): Distribution | null {
  const sorted = figures.toSorted((a, b) => a - b);
  const rank = (percent: number): number => sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0;
  if (sorted.length === 0) return null;
  return { p50: rank(50), p95: rank(95), p99: rank(99), max: rank(100) };
}
