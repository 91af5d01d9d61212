import type { Evidence } from '../evidence.ts';
import type { CheckResult, Measurements, Verdict } from '../result.ts';
import { plural } from './tally.ts';

export interface Decision {
  readonly verdict: Verdict;
  /** One sentence. */
  readonly reason: string;
}

/**
 * One verdict for a drill.
 *
 * A fault of the rig makes it inconclusive whatever the checks say. They stay visible, but where a fault is noticed
 * is not where it happened (a truncated ledger looks like phantoms, a dying store like missing databases), and a red
 * verdict blames the subject; a real defect is still there when the drill is repeated. Apart from that
 * fail > inconclusive > pass: a defect that was found stays one, also where other things could not be measured.
 */
export function decide(
  evidence: Evidence,
  checks: readonly CheckResult[],
  measurements: Measurements,
  /** Where the objects of what did not come back lie; null: nothing to tell. */
  where: string | null,
): Decision {
  const failed = checks.filter(({ verdict }) => verdict === 'fail');
  const [fault] = evidence.harnessFaults;
  if (fault !== undefined) {
    const blamed = failed.length === 0 ? '' : `; ${names(failed)} failed too, perhaps because of it`;
    return inconclusive(`the rig failed in phase ${fault.phase}: ${fault.message}${blamed}`);
  }
  const gaps = unmeasured(evidence, measurements);
  return evidence.scenario.expect === 'fail'
    ? decideControl(evidence, checks, measurements, gaps, where)
    : decideDrill(evidence, failed, checks, gaps, where);
}

function decideDrill(
  evidence: Evidence,
  failed: readonly CheckResult[],
  checks: readonly CheckResult[],
  gaps: readonly string[],
  where: string | null,
): Decision {
  const failures = [
    ...inWords(evidence, where),
    ...(failed.length === 0 ? [] : [`${plural(failed.length, 'check')} failed: ${names(failed)}`]),
  ];
  if (failures.length > 0) return { verdict: 'fail', reason: failures.join('; ') };
  const open = checks.filter(({ verdict }) => verdict === 'inconclusive');
  const [gap] = gaps;
  if (gap !== undefined) return inconclusive(gap);
  if (open.length > 0) return inconclusive(`could not be judged: ${names(open)}`);
  return { verdict: 'pass', reason: 'every check held and every objective was kept' };
}

/** What the subject failed at, and where its objects lie instead. */
function inWords({ subjectFailures }: Evidence, where: string | null): string[] {
  const [failure] = subjectFailures;
  return [...(failure === undefined ? [] : [failure.message]), ...(where === null ? [] : [where])];
}

/**
 * A negative control is good when all the checks it was planted for go red, on evidence; others may, as what follows from
 * it. A subject that did not work at all breaks the same checks, and shows nothing of what was planted.
 */
function decideControl(
  evidence: Evidence,
  checks: readonly CheckResult[],
  measurements: Measurements,
  gaps: readonly string[],
  where: string | null,
): Decision {
  const { scenario } = evidence;
  const [gap] = gaps;
  if (gap !== undefined) return inconclusive(gap);
  const wanted = checks.filter(({ id }) => scenario.mustFail.includes(id));
  const missed = scenario.mustFail.filter(
    (wantedId) => !wanted.some(({ id, verdict }) => id === wantedId && verdict !== 'pass'),
  );
  if (missed.length > 0 || wanted.length === 0) {
    const reason = `the negative control was not caught by ${missed.join(', ') || 'any check'}`;
    return { verdict: 'fail', reason };
  }
  const open = wanted.filter(({ verdict }) => verdict === 'inconclusive');
  if (open.length > 0) return inconclusive(`could not be judged: ${names(open)}`);
  const other = brokenOtherwise(evidence, measurements);
  if (other !== null) return inconclusive(`the negative control shows nothing: ${other}`);
  const words = inWords(evidence, where);
  const why = words.length === 0 ? '' : `: ${words.join('; ')}`;
  return { verdict: 'pass', reason: `the negative control was caught by ${names(wanted)}${why}` };
}

/** What the subject failed at before anything was planted. */
const BEFORE_ANY_FAULT: ReadonlySet<string> = new Set(['never-protected', 'supervisor-ended']);

/** Why the checks of a control are red although nothing was shown of its fault; null where databases were to be lost. */
function brokenOtherwise(
  { scenario, subjectFailures }: Evidence,
  { databasesRestored, tornDatabases }: Measurements,
): string | null {
  if (scenario.mustFail.includes('inventory')) return null;
  const failure = subjectFailures.find(({ code }) => BEFORE_ANY_FAULT.has(code));
  if (failure !== undefined) return failure.message;
  return databasesRestored === 0 && (tornDatabases ?? 0) === 0 ? 'no database came back' : null;
}

/** With less than this of the planned writes the scenario was not run: whoever stalls the writers loses nothing. */
const LEAST_SHARE = 0.5;

/** Reasons why green checks would prove nothing. */
function unmeasured(evidence: Evidence, { acknowledgedWrites }: Measurements): string[] {
  const { kill, faults, plannedWrites } = evidence;
  const idle = faults.filter(({ engaged }) => !engaged);
  const survivors = kill?.survivors ?? [];
  return [
    ...(kill === null ? ['nothing was measured: the host was not killed'] : []),
    ...(acknowledgedWrites === 0 ? ['nothing was measured: no write was acknowledged'] : []),
    ...(acknowledgedWrites > 0 && acknowledgedWrites < plannedWrites * LEAST_SHARE
      ? [
          `the load was not what the scenario says: ${acknowledgedWrites} of ${plannedWrites} planned writes were acknowledged`,
        ]
      : []),
    ...(survivors.length > 0
      ? [`the host was not dead: ${survivors.map(({ pid, command }) => `${pid} ${command}`).join(', ')}`]
      : []),
    ...(idle.length > 0 ? [`the fault ${idle.map(({ id }) => id).join(', ')} never engaged`] : []),
  ];
}

function names(checks: readonly CheckResult[]): string {
  return checks.map(({ id }) => id).join(', ');
}

function inconclusive(reason: string): Decision {
  return { verdict: 'inconclusive', reason };
}
