import type { ScenarioResult } from '../result.ts';
import { count, counted, duration } from './format.ts';

/** Requests a day and database, as the bill counts them; null: they were not counted. */
export function costInWords({ storeCost }: ScenarioResult): string | null {
  if (storeCost === undefined) return null;
  const { spanMs, databases, perDatabaseAndDay } = storeCost;
  const parts = Object.entries(perDatabaseAndDay).map(([method, often]) => `${count(often)} ${method}`);
  return (
    `${parts.join(', ') || 'none'} per database and day, if all of it were like these ${duration(spanMs)} ` +
    `under load (${counted(databases, 'database')})`
  );
}
