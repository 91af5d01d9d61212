import type { Evidence } from '../evidence.ts';
import type { ScenarioResult } from '../result.ts';
import type { Fate } from './fates.ts';

/** Acknowledged writes over time, and how many of those acknowledged by then came back. Absent without the record. */
export function progressOf(
  { acknowledgements, kill }: Evidence,
  fates: readonly Fate[],
): NonNullable<ScenarioResult['progress']> | null {
  if (acknowledgements === undefined || kill === null) return null;
  const { fromUs, spanUs, counts } = acknowledgements;
  const lost = counts.map(() => 0);
  for (const ageMs of fates.flatMap(({ lostAgesMs }) => lostAgesMs)) {
    const span = Math.floor((kill.atUs - ageMs * 1000 - fromUs) / spanUs);
    const inside = Math.min(counts.length - 1, Math.max(0, span));
    lost[inside] = (lost[inside] ?? 0) + 1;
  }
  let acknowledged = 0;
  let restored = 0;
  return counts.map((count, index) => {
    acknowledged += count;
    restored += Math.max(0, count - (lost[index] ?? 0));
    return { atMs: (fromUs + (index + 1) * spanUs - kill.atUs) / 1000, acknowledged, restored };
  });
}
