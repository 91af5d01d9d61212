import type { Evidence } from '../evidence.ts';
import type { CheckResult, ScenarioResult } from '../result.ts';
import { hangingMirror, settleBlobs } from './blobs.ts';
import { judgeChecks } from './checks.ts';
import { judgeDatabases } from './databases.ts';
import { type Decision, inconclusive } from './decision.ts';
import { settleExcused } from './excused-second-life.ts';
import { failuresOf } from './failures.ts';
import { fatesOf } from './fates.ts';
import { lostAtOf } from './lost-at.ts';
import { lateAnswers } from './late-answers.ts';
import { measure } from './measure.ts';
import { judgeObjectives, rpoObjectiveMs } from './objectives.ts';
import { instantResults } from './point-in-time.ts';
import { progressOf } from './progress.ts';
import { starvation, starvedIn } from './starvation.ts';
import { storeCostOf } from './store-cost.ts';
import { countStruck } from './struck.ts';
import { judgeRunbook, stepsFailed } from './runbook.ts';
import { decide } from './verdict.ts';
import { whereabouts } from './whereabouts.ts';

/** Of a loss that is excused however old it is. */
const ANY_AGE_MS = Number.POSITIVE_INFINITY;

/**
 * From what was recorded to what it means. Pure: it sees the evidence and nothing else, and the same evidence gives
 * the same bytes, on any machine and at any time.
 */
export function judge(recorded: Evidence): ScenarioResult {
  const result = judgeAsRecorded(recorded);
  const unanswered = unansweredIn(recorded, result);
  if (unanswered === null) return result;
  const { verdict, reason } = unanswered;
  return { ...result, verdict, reason, failures: failuresOf(recorded, result.checks, unanswered) };
}

/** What to say instead where others had the machine while something was too late, and the verdict hangs on that; else null. */
function unansweredIn(
  recorded: Evidence,
  { verdict, reason, measurements, lostAt }: ScenarioResult,
): Decision | null {
  const late = verdict === 'inconclusive' ? null : lateAnswers(recorded);
  if (late === null) return null;
  // Each for itself: time in one phase makes up for nothing in another.
  const whys = late.phases.map((phase) =>
    starvedIn(recorded, [phase], { measurements, lostAt: lostAt ?? null }),
  );
  const [starved = null] = whys;
  if (starved === null || whys.includes(null)) return null;
  const without = judgeAsRecorded(late.without).verdict;
  // What fails without it as well is the subject's failure. A control has to be caught without it.
  if (verdict === 'fail' ? without === 'fail' : without === 'pass') return null;
  return inconclusive({ code: 'machine-starved', reason: `${starved}; perhaps because of it: ${reason}` });
}

function judgeAsRecorded(recorded: Evidence): ScenarioResult {
  const withBlobs = settleBlobs(recorded);
  const acceptedLossMs = rpoObjectiveMs(withBlobs);
  const fates = fatesOf(withBlobs, acceptedLossMs);
  const evidence = settleExcused(withBlobs, fates);
  const { scenario } = evidence;
  const runbook = judgeRunbook(evidence, fates);
  const failedSteps = stepsFailed(runbook);
  const databases = judgeDatabases(evidence, fates, acceptedLossMs);
  const measurements = {
    ...measure(evidence, fates, acceptedLossMs),
    ...countStruck(evidence, fates, databases, acceptedLossMs),
    ...(failedSteps === null ? {} : { runbookStepsFailed: failedSteps }),
  };
  const objectives = judgeObjectives(evidence, measurements);
  const checks = judgeChecks(evidence, fates, objectives, acceptedLossMs, hangingMirror(recorded));
  const progress = progressOf(evidence, fates);
  const lostAt = lostAtOf(databases);
  // The fates stay as they are: a database that is missing is missing, however busy the machine was.
  const lenient = (): CheckResult[] => judgeChecks(evidence, fates, objectives, ANY_AGE_MS, []);
  const judged = { checks, objectives, measurements, lostAt };
  const decision = decide(evidence, {
    ...judged,
    where: whereabouts(evidence, fates),
    starved: starvation(evidence, judged, lenient),
  });
  const { verdict, reason } = decision;
  const failures = failuresOf(evidence, checks, decision);
  return {
    id: scenario.id,
    drillId: evidence.drillId,
    title: scenario.title,
    verdict,
    reason,
    ...(failures.length === 0 ? {} : { failures }),
    seed: evidence.seed,
    expect: scenario.expect,
    subject: evidence.subject,
    store: evidence.store,
    fleet: evidence.fleet,
    replicateIntervalSec: scenario.replicateIntervalSec,
    planDigest: evidence.planDigest,
    fleetDigest: evidence.fleetDigest,
    measurements,
    objectives,
    checks,
    faults: evidence.faults,
    ...(evidence.secondHost === undefined ? {} : { secondHost: evidence.secondHost }),
    timeline: evidence.timeline
      .toSorted((a, b) => a.startUs - b.startUs)
      .map(({ phase, startUs, endUs }) => ({
        phase,
        startMs: (startUs - evidence.startUs) / 1000,
        endMs: (endUs - evidence.startUs) / 1000,
      })),
    ...(evidence.loadEnd === undefined ? {} : { loadEnd: evidence.loadEnd }),
    killMs: evidence.kill === null ? null : (evidence.kill.atUs - evidence.startUs) / 1000,
    ...(progress === null ? {} : { progress }),
    ...(evidence.storeRequests === undefined ? {} : { storeRequests: evidence.storeRequests }),
    ...storeCostOf(evidence),
    ...(lostAt === null ? {} : { lostAt }),
    databases,
    ...(evidence.instants === undefined ? {} : { instants: instantResults(evidence) }),
    ...(runbook === null ? {} : { runbook }),
  };
}
