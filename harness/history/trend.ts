import { keyOf, sampleOf } from '../compare/compare.ts';
import type { EarlierDrill } from '../evidence/run-info.ts';
import type { Trend } from '../report/console.ts';
import type { ScenarioResult } from '../result.ts';
import type { HistoryEntry } from './entry.ts';

/** As many as a line of the summary has room for. */
const MOST = 20;

/** As many as a chart has room for. */
const MOST_CHARTED = 60;

/** The earlier drills of a drill's scenario, subject and store, the newest last. */
export function earlierOf(entries: readonly HistoryEntry[], drill: ScenarioResult): EarlierDrill[] {
  const key = keyOf(sampleOf(drill, ''));
  return entries
    .filter((entry) => keyOf(entry) === key)
    .slice(-MOST_CHARTED)
    .map(({ runId, startedAt, verdict, figures }) => ({
      runId,
      startedAt,
      verdict,
      rpoMs: figures['rpoMs'] ?? null,
      rtoMs: figures['rtoMs'] ?? null,
    }));
}

/** How a drill's figures went in the history of its scenario, subject and store, the newest last. */
export function trendOf(entries: readonly HistoryEntry[], drill: ScenarioResult): Trend {
  const key = keyOf(sampleOf(drill, ''));
  const own = entries.filter((entry) => keyOf(entry) === key).slice(-MOST);
  return {
    rpoMs: own.map(({ figures }) => figures['rpoMs'] ?? null),
    rtoMs: own.map(({ figures }) => figures['rtoMs'] ?? null),
  };
}

/** The same from a saved result, which keeps what the history told of its drills at the time; null: nothing. */
export function savedTrend({ earlier, measurements }: ScenarioResult): Trend | null {
  if (earlier === undefined) return null;
  const all = [...earlier, { rpoMs: measurements.rpoMs?.max ?? null, rtoMs: measurements.rtoMs }].slice(
    -MOST,
  );
  return { rpoMs: all.map(({ rpoMs }) => rpoMs), rtoMs: all.map(({ rtoMs }) => rtoMs) };
}
