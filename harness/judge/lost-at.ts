import type { LostAt } from '../evidence/database.ts';
import type { DatabaseResult } from '../result.ts';

/** Where the lost writes of the whole fleet were at the kill; null: nothing was lost, or of some database nobody can tell. */
export function lostAtOf(databases: readonly DatabaseResult[]): LostAt | null {
  const losers = databases.filter(({ lostWrites }) => lostWrites > 0);
  const places = losers.flatMap(({ lostAt }) => lostAt ?? []);
  if (losers.length === 0 || places.length < losers.length) return null;
  const sum = (place: keyof LostAt): number => places.reduce((total, one) => total + one[place], 0);
  return {
    wal: sum('wal'),
    staged: sum('staged'),
    unreachable: sum('unreachable'),
    nowhere: sum('nowhere'),
    unclear: sum('unclear'),
  };
}
