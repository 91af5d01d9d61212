import type { Evidence } from '../evidence.ts';
import type { HistoryEntry } from '../history/entry.ts';
import { judge } from '../judge/judge.ts';
import type { RunInfo } from '../evidence/run-info.ts';
import { compareWithLastPass } from './against.ts';
import { type Comparison, sampleOf } from './compare.ts';

/** Earlier drills that a run is held against, and how far a figure may be worse: 0.25 is 25 %. */
export interface Baseline {
  readonly entries: readonly HistoryEntry[];
  readonly tolerance: number;
}

/** The drills of a run held against earlier ones; null: they are not to be. */
export function compareWithEarlier(
  against: Baseline | null,
  evidences: readonly Evidence[],
  runId: string,
): Comparison | null {
  if (against === null) return null;
  const now = evidences.map((evidence) => sampleOf(judge(evidence), runId));
  return compareWithLastPass(against.entries, now, against.tolerance);
}

/** What of a comparison decides about the run: `gaps` beside those that are known already. */
export function decidedBy(
  comparison: Comparison | null,
  gaps: readonly string[] = [],
): Pick<RunInfo, 'gaps' | 'regressions'> {
  const all = [...gaps, ...(comparison?.gaps ?? [])];
  return {
    ...(all.length === 0 && comparison === null ? {} : { gaps: all }),
    ...(comparison === null ? {} : { regressions: [...comparison.regressions] }),
  };
}
