import type { Evidence } from '../evidence.ts';
import { type AnyCheckId, CHECK_IDS, type CheckId, DATABASE_CHECK_IDS } from '../evidence/checks.ts';
import type { DatabaseEvidence } from '../evidence/database.ts';
import type { DatabaseResult, Verdict } from '../result.ts';
import { beyondObjective, openLoss } from './beyond-objective.ts';
import type { Fate } from './fates.ts';
import { findingsOf, partFindings } from './tally.ts';
import { checkResult } from './tally.ts';
import { ownChecksFailedOn } from './own-checks.ts';
import { secondLife } from './second-life.ts';

/** One line a database: the same rules as for the checks, seen from the other side. */
export function judgeDatabases(
  evidence: Evidence,
  fates: readonly Fate[],
  rpoObjectiveMs: number,
): DatabaseResult[] {
  const findings = findingsOf(evidence, fates);
  return fates.map((fate) => {
    const { database, name } = fate;
    const own = findings.filter((finding) => finding.database === database.path);
    const first = partFindings(own, rpoObjectiveMs).failures[0];
    const broken = beyondObjective(fate, evidence.scenario.objectives, rpoObjectiveMs);
    const failed = failedChecksOf(evidence, fate, own, rpoObjectiveMs);
    const failedChecks: AnyCheckId[] = failed.length === 0 && broken !== null ? ['objectives'] : failed;
    const open = openQuestion(fate) ?? openLoss(fate, evidence.scenario.objectives);
    const verdict: Verdict = failedChecks.length > 0 ? 'fail' : open === null ? 'pass' : 'inconclusive';
    const words = fate.why === '' ? (first?.detail ?? open ?? broken ?? '') : fate.why;
    return {
      path: name,
      verdict,
      rowsExpected: database.verified?.rowsExpected ?? 0,
      rowsRestored: database.verified?.rowsRestored ?? 0,
      recoveryPoint: database.verified?.recoveryPoint ?? 0,
      acknowledged: database.acknowledged,
      lostWrites: fate.lostAgesMs.length,
      ...(fate.lostAgesMs.length === 0 ? {} : whereabouts(database)),
      rpoMs: fate.rpoMs,
      restoreMs: span(database.restore),
      restoreStartMs: sinceKill(evidence, database.restore),
      verifyMs: span(database.verified),
      verifyStartMs: sinceKill(evidence, database.verified),
      failedChecks,
      detail: fate.excused ? `excused: ${words}` : words,
    };
  });
}

function failedChecksOf(
  evidence: Evidence,
  fate: Fate,
  own: ReturnType<typeof findingsOf>,
  rpoObjectiveMs: number,
): AnyCheckId[] {
  const failed = new Set<AnyCheckId>();
  for (const finding of own) {
    if (partFindings([finding], rpoObjectiveMs).failures.length > 0) failed.add(finding.check);
  }
  if (!fate.excused && ['missing', 'unsound', 'resurrected'].includes(fate.end)) failed.add('inventory');
  if (fate.end === 'unsound') failed.add('integrity');
  const alone = {
    id: 'second-life',
    expected: '',
    whenPassed: '',
    failures: [],
    unmeasured: [],
    notes: [],
  } as const;
  const second = checkResult(secondLife(alone, evidence, [fate], rpoObjectiveMs));
  if (second.verdict === 'fail') failed.add('second-life');
  const ownFailed = ownChecksFailedOn(fate.database.path, evidence);
  return [...CHECK_IDS.filter((id) => failed.has(id)), ...ownFailed];
}

/** Why nothing can be said of a database, or null. */
function openQuestion({ end, why, database: { verified } }: Fate): string | null {
  if (end === 'unknown') return why;
  if (end !== 'restored') return null;
  if (verified === null) return 'it was not verified';
  const [thrown] = verified.thrown;
  if (thrown !== undefined) return `${thrown.check} threw: ${thrown.error}`;
  const left = (DATABASE_CHECK_IDS as readonly CheckId[]).filter((id) => !verified.checksRun.includes(id));
  return left.length === 0 ? null : `${left.join(', ')} did not run`;
}

function sinceKill({ kill }: Evidence, work: { readonly startUs: number } | null): number | null {
  return kill === null || work === null ? null : (work.startUs - kill.atUs) / 1000;
}

function span(work: { readonly startUs: number; readonly endUs: number } | null): number | null {
  return work === null ? null : Math.max(0, (work.endUs - work.startUs) / 1000);
}

/** Where its lost writes were, as far as anybody looked. */
function whereabouts({ lostAt, lostRuns }: DatabaseEvidence): Pick<DatabaseResult, 'lostAt' | 'lostRuns'> {
  return { ...(lostAt && { lostAt }), ...(lostRuns && { lostRuns }) };
}
