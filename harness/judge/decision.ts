import type { GapCode } from '../failure-classes.ts';
import type { CheckResult, Verdict } from '../result.ts';

/** Why nothing can be concluded. */
export interface Gap {
  readonly code: GapCode;
  /** One sentence. */
  readonly reason: string;
}

export interface Decision {
  readonly verdict: Verdict;
  /** Of an inconclusive one. */
  readonly gap?: GapCode;
  /** One sentence. */
  readonly reason: string;
}

export function inconclusive({ code, reason }: Gap): Decision {
  return { verdict: 'inconclusive', reason, gap: code };
}

/** Checks by name, in one line. */
export function names(checks: readonly CheckResult[]): string {
  return checks.map(({ id }) => id).join(', ');
}
