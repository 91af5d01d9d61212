import type { CheckId, Finding } from '../evidence/checks.ts';

const NAMES_MAX = 5;

/** A finding that no lost write explains, unless it is said. */
export function finding(
  check: CheckId,
  database: string | null,
  parts: Pick<Finding, 'expected' | 'actual' | 'detail' | 'count'> & {
    readonly explainedByLossAgeMs?: number | null;
  },
): Finding {
  return { check, database, explainedByLossAgeMs: null, ...parts };
}

/** The first few of a list, and how many more there are. */
export function few(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).join(', ');
  return names.length > NAMES_MAX ? `${shown} and ${names.length - NAMES_MAX} more` : shown;
}

/** `1 row`, `2 rows`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
