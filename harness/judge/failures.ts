import type { Evidence } from '../evidence.ts';
import type { CheckId } from '../evidence/checks.ts';
import {
  CLASS_OF_ERROR,
  CLASS_OF_GAP,
  type Classified,
  FIX_OF_CHECK,
  FIX_OF_OWN_CHECK,
  FIX_OF_SUBJECT,
  type GapCode,
} from '../failure-classes.ts';
import type { CheckResult, DrillFailure } from '../result.ts';
import type { Decision } from './decision.ts';

/** Evidence of another version may have codes that this one does not know. */
const LOGS = 'read what it wrote to evidence/…/logs';

/**
 * Whose failure it is that a drill is no pass, by stable codes, with what to do. A fault of the rig is all there is
 * to say where there is one: what the checks found then may come from it, and blames nobody.
 */
export function failuresOf(
  evidence: Evidence,
  checks: readonly CheckResult[],
  decision: Decision,
): DrillFailure[] {
  if (decision.verdict === 'pass') return [];
  if (evidence.harnessFaults.length > 0) return evidence.harnessFaults.map(ofRig);
  if (decision.verdict === 'inconclusive') return [gap(decision.gap ?? 'not-judged', decision.reason)];
  if (evidence.scenario.expect === 'fail') return [gap('control-not-caught', decision.reason)];
  const fixes: Readonly<Record<string, string | undefined>> = FIX_OF_SUBJECT;
  const failed = checks.filter(({ verdict }) => verdict === 'fail');
  return [
    ...evidence.subjectFailures.map(({ code, message }) => subject(code, message, fixes[code] ?? LOGS)),
    ...failed.map(({ id, actual }) =>
      subject(id, actual, id in FIX_OF_CHECK ? FIX_OF_CHECK[id as CheckId] : FIX_OF_OWN_CHECK),
    ),
  ];
}

function ofRig({ code, message, fix }: Evidence['harnessFaults'][number]): DrillFailure {
  // Evidence of a later version may have codes that this one does not know.
  const known: Readonly<Record<string, Classified | undefined>> = CLASS_OF_ERROR;
  const [failureClass, usual] = known[code] ?? CLASS_OF_ERROR.DRILL_E_BUG;
  // Whatever broke the rig, the subject is not to blame for it.
  return { class: failureClass === 'subject' ? 'harness' : failureClass, code, message, fix: fix ?? usual };
}

function gap(code: GapCode, message: string): DrillFailure {
  const [failureClass, fix] = CLASS_OF_GAP[code];
  return { class: failureClass, code, message, fix };
}

function subject(code: string, message: string, fix: string): DrillFailure {
  return { class: 'subject', code, message, fix };
}
