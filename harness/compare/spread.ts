/** Where values lie, and how far apart, without being misled by a single outlier. */
export interface Spread {
  readonly median: number;
  /** Median of the distances from the median. */
  readonly deviation: number;
  readonly count: number;
}

/** null: there is no value. */
export function spreadOf(values: readonly number[]): Spread | null {
  const middle = medianOf(values);
  if (middle === null) return null;
  const deviation = medianOf(values.map((value) => Math.abs(value - middle))) ?? 0;
  return { median: middle, deviation, count: values.length };
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
