const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Values as a line of bars, the lowest of them the lowest bar; a gap where nothing was measured. */
export function sparkline(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return values
    .map((value) => {
      if (value === null) return ' ';
      const share = high === low ? 0 : (value - low) / (high - low);
      return BARS[Math.round(share * (BARS.length - 1))];
    })
    .join('');
}
