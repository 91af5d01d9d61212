import { keyOf, sampleOf } from '../compare/compare.ts';
import type { Trend } from '../report/console.ts';
import type { ScenarioResult } from '../result.ts';
import type { HistoryEntry } from './entry.ts';

/** As many as a line of the summary has room for. */
const MOST = 20;

/** How a drill's figures went in the history of its scenario, subject and store, the newest last. */
export function trendOf(entries: readonly HistoryEntry[], drill: ScenarioResult): Trend {
  const key = keyOf(sampleOf(drill, ''));
  const own = entries.filter((entry) => keyOf(entry) === key).slice(-MOST);
  return {
    rpoMs: own.map(({ figures }) => figures['rpoMs'] ?? null),
    rtoMs: own.map(({ figures }) => figures['rtoMs'] ?? null),
  };
}
