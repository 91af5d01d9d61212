import type { Evidence } from '../evidence.ts';
import type { CheckResult, Measurements } from '../result.ts';
import { decideControl } from './control.ts';
import { type Decision, type Gap, inconclusive, names } from './decision.ts';
import type { Judged } from './starvation.ts';
import { plural } from './tally.ts';

export interface JudgedDrill extends Judged {
  readonly measurements: Measurements;
  /** Where the objects of what did not come back lie; null: nothing to tell. */
  readonly where: string | null;
  /** Why a failure would be the machine's; null: it would not. */
  readonly starved: string | null;
}

/**
 * One verdict for a drill.
 *
 * A fault of the rig makes it inconclusive whatever the checks say. They stay visible, but where a fault is noticed
 * is not where it happened (a truncated ledger looks like phantoms, a dying store like missing databases), and a red
 * verdict blames the subject; a real defect is still there when the drill is repeated. Apart from that
 * fail > inconclusive > pass: a defect that was found stays one, also where other things could not be measured.
 */
export function decide(evidence: Evidence, judged: JudgedDrill): Decision {
  const { checks, measurements, where } = judged;
  const failed = checks.filter(({ verdict }) => verdict === 'fail');
  const [fault] = evidence.harnessFaults;
  if (fault !== undefined) {
    const blamed = failed.length === 0 ? '' : `; ${names(failed)} failed too, perhaps because of it`;
    return inconclusive({
      code: 'not-judged',
      reason: `the rig failed in phase ${fault.phase}: ${fault.message}${blamed}`,
    });
  }
  const gaps = unmeasured(evidence, measurements);
  return evidence.scenario.expect === 'fail'
    ? decideControl(evidence, { ...judged, gaps, words: inWords(evidence, where) })
    : decideDrill(evidence, judged, failed, gaps);
}

function decideDrill(
  evidence: Evidence,
  { checks, where, starved }: JudgedDrill,
  failed: readonly CheckResult[],
  gaps: readonly Gap[],
): Decision {
  const failures = [
    ...inWords(evidence, where),
    ...(failed.length === 0 ? [] : [`${plural(failed.length, 'check')} failed: ${names(failed)}`]),
  ];
  if (failures.length > 0 && starved !== null) {
    const reason = `${starved}; perhaps because of it: ${failures.join('; ')}`;
    return inconclusive({ code: 'machine-starved', reason });
  }
  if (failures.length > 0) return { verdict: 'fail', reason: failures.join('; ') };
  const open = checks.filter(({ verdict }) => verdict === 'inconclusive');
  const [gap] = gaps;
  if (gap !== undefined) return inconclusive(gap);
  if (open.length > 0)
    return inconclusive({ code: 'not-judged', reason: `could not be judged: ${names(open)}` });
  return { verdict: 'pass', reason: 'every check held and every objective was kept' };
}

/** What the subject failed at, and where its objects lie instead. */
function inWords({ subjectFailures }: Evidence, where: string | null): string[] {
  const [failure] = subjectFailures;
  return [...(failure === undefined ? [] : [failure.message]), ...(where === null ? [] : [where])];
}

/** With less than this of the planned writes the scenario was not run: whoever stalls the writers loses nothing. */
const LEAST_SHARE = 0.5;

/** Reasons why green checks would prove nothing, what it follows from first. */
function unmeasured(evidence: Evidence, { acknowledgedWrites }: Measurements): Gap[] {
  const { kill, secondKill, faults, plannedWrites, fleet, databases } = evidence;
  const idle = faults.filter(({ engaged }) => !engaged).map(({ id }) => id);
  const tooFew = acknowledgedWrites > 0 && acknowledgedWrites < plannedWrites * LEAST_SHARE;
  return [
    ...gapIf(kill === null, 'no-kill', 'nothing was measured: the host was not killed'),
    ...gapIf(kill?.killed.length === 0, 'no-kill', 'nothing was measured: no process was there to be killed'),
    ...gapIf(acknowledgedWrites === 0, 'no-writes', 'nothing was measured: no write was acknowledged'),
    ...gapIf(
      tooFew,
      'too-few-writes',
      `the load was not what the scenario says: ${acknowledgedWrites} of ${plannedWrites} planned writes were acknowledged`,
    ),
    ...gapIf(
      kill !== null && databases.length < fleet.databases,
      'not-judged',
      `there is no record of ${fleet.databases - databases.length} of ${fleet.databases} databases`,
    ),
    ...notDead('the host', kill?.survivors),
    ...notDead('the new host', secondKill?.survivors),
    ...gapIf(idle.length > 0, 'fault-not-engaged', `the fault ${idle.join(', ')} never engaged`),
  ];
}

function gapIf(isOne: boolean, code: Gap['code'], reason: string): Gap[] {
  return isOne ? [{ code, reason }] : [];
}

/** Whoever outlives its host may go on uploading, and hold what was restored from. */
function notDead(host: string, survivors: NonNullable<Evidence['secondKill']>['survivors'] = []): Gap[] {
  const named = survivors.map(({ pid, command }) => `${pid} ${command}`).join(', ');
  return gapIf(survivors.length > 0, 'host-not-dead', `${host} was not dead: ${named}`);
}
