import type { Evidence } from '../evidence.ts';
import type { ScenarioResult } from '../result.ts';

const DAY_MS = 86_400_000;

/** What a day of this load would ask of the store for each database that was alive at the kill. */
export function storeCostOf({ loadRequests, databases, kill }: Evidence): Pick<ScenarioResult, 'storeCost'> {
  const alive = databases.filter(({ deletedUs }) => deletedUs === null).length;
  if (loadRequests === undefined || kill === null || alive === 0 || loadRequests.spanMs <= 0) return {};
  const { spanMs, counts } = loadRequests;
  const perDay = (count: number): number => Math.round((count * DAY_MS) / spanMs / alive);
  const perDatabaseAndDay = Object.fromEntries(
    Object.entries(counts)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([method, count]) => [method, perDay(count)]),
  );
  return { storeCost: { spanMs, databases: alive, perDatabaseAndDay } };
}
