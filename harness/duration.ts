/** Durations are texts with a unit: a bare number is refused. */
export const DURATION = /^\d+(\.\d+)?(ms|s|m)$/;
export const DURATION_FORM = 'a duration is a number with a unit: 500ms, 25s, 2m';

/** Milliseconds of a duration text such as `25s`. */
export function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (match === null) throw new RangeError(`not a duration: ${text}`);
  const unit = { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'];
  return Number(match[1]) * unit;
}
