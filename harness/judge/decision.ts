import type { CheckResult, Verdict } from '../result.ts';

export interface Decision {
  readonly verdict: Verdict;
  /** One sentence. */
  readonly reason: string;
}

/** Why nothing can be concluded. */
export function inconclusive(reason: string): Decision {
  return { verdict: 'inconclusive', reason };
}

/** Checks by name, in one line. */
export function names(checks: readonly CheckResult[]): string {
  return checks.map(({ id }) => id).join(', ');
}
