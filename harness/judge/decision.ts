import type { GapCode } from '../failure-classes.ts';
import type { CheckResult, Verdict } from '../result.ts';

export interface Decision {
  readonly verdict: Verdict;
  /** Why nothing can be concluded, by its code, where that is more than a check that could not be made. */
  readonly gap?: GapCode;
  /** One sentence. */
  readonly reason: string;
}

/** Why nothing can be concluded. */
export function inconclusive(reason: string, gap?: GapCode): Decision {
  return { verdict: 'inconclusive', reason, ...(gap === undefined ? {} : { gap }) };
}

/** Checks by name, in one line. */
export function names(checks: readonly CheckResult[]): string {
  return checks.map(({ id }) => id).join(', ');
}
