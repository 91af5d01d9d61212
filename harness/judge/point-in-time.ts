import type { Evidence } from '../evidence.ts';
import type { InstantEvidence } from '../evidence/instants.ts';
import type { InstantResult, Measurements } from '../result.ts';
import { seconds } from './fates.ts';
import { distributionOf } from './percentiles.ts';
import { type Failure, plural, type Tally } from './tally.ts';

/** Whether restores to an instant are any part of it. */
export function concernsInstants({ scenario, instants }: Evidence): boolean {
  return scenario.instants !== undefined || instants !== undefined;
}

/** The wall clock goes apart from the monotonic one by less than this unless somebody sets it. */
const MOST_CLOCK_STEP_MS = 10;

/**
 * A restore to an instant must give a file, sound and of that database, with everything in it that counted in the bucket
 * then, and nothing that was written later. How old what counted was is a matter of the objectives, as with the kill.
 */
export function pointInTime(tally: Tally, evidence: Evidence): Tally {
  const wanted = evidence.scenario.instants ?? 0;
  const { probes = [], fromUs = 0, clockStepMs = 0 } = evidence.instants ?? {};
  const failures = probes.flatMap((probe) => failuresOf(probe, evidence));
  const windowMs = ((evidence.kill?.atUs ?? fromUs) - fromUs) / 1000;
  return {
    ...tally,
    whenPassed: `so it is at ${plural(probes.length, 'instant')} within ${seconds(windowMs)} before the kill`,
    failures: [...tally.failures, ...failures],
    unmeasured: [
      ...tally.unmeasured,
      ...(probes.length < wanted ? [`${probes.length} of ${wanted} instants were restored`] : []),
      ...(clockStepMs > MOST_CLOCK_STEP_MS
        ? [`the wall clock was set by ${Math.round(clockStepMs)} ms during the drill`]
        : []),
      ...probes.flatMap(openQuestions),
    ],
  };
}

/** One line an instant: the same rules, seen from the other side. */
export function instantResults(evidence: Evidence): InstantResult[] {
  const { kill, instants } = evidence;
  if (instants === undefined || kill === null) return [];
  return instants.probes.map((probe) => {
    const failures = failuresOf(probe, evidence);
    const open = openQuestions(probe);
    const [why] = [...failures.map(({ actual, detail }) => `${actual}: ${detail}`), ...open];
    return {
      database: probe.path,
      verdict: failures.length > 0 ? 'fail' : open.length > 0 ? 'inconclusive' : 'pass',
      beforeKillMs: (kill.atUs - probe.atUs) / 1000,
      seq: probe.seq,
      recoveryPoint: probe.seen?.recoveryPoint ?? null,
      rpoMs: rpoAt(probe, evidence),
      restoreMs: restoreMsOf(probe),
      detail: why ?? '',
    };
  });
}

/** Figures of the instants; absent where the scenario wants none. */
export function measureInstants(
  evidence: Evidence,
): Pick<Measurements, 'pointInTimeRpoMs' | 'pointInTimeRestoreMs'> {
  if (!concernsInstants(evidence)) return {};
  const probes = evidence.instants?.probes ?? [];
  const rpos = probes.map((probe) => rpoAt(probe, evidence));
  const isWhole = probes.length > 0 && rpos.every((rpoMs) => rpoMs !== null);
  return {
    pointInTimeRpoMs: isWhole ? distributionOf(rpos.flatMap((rpoMs) => rpoMs ?? [])) : null,
    pointInTimeRestoreMs: distributionOf(probes.map(restoreMsOf)),
  };
}

function failuresOf(probe: InstantEvidence, evidence: Evidence): Failure[] {
  const { path, seq, restore, seen, uploaded } = probe;
  const at = `${seconds(((evidence.kill?.atUs ?? probe.atUs) - probe.atUs) / 1000)} before the kill`;
  const failure = (count: number, expected: string, actual: string, detail: string): Failure => ({
    database: path,
    count,
    expected,
    actual,
    detail: detail === '' ? at : `${at}, ${detail}`,
  });
  if (seen === null) {
    return [failure(1, 'a file', restore.outcome, restore.detail)];
  }
  if (seen.findings.length > 0) {
    return seen.findings.map(({ check, count, expected, actual, detail }) =>
      failure(count, expected, `${check}: ${actual}`, detail),
    );
  }
  const due = Math.min(uploaded ?? 0, seq);
  return [
    ...(seen.newest > seq && seen.newerByMs >= stepMs(probe, evidence)
      ? [failure(seen.newest - seq, `nothing after write ${seq}`, `write ${seen.newest} is there`, 'too new')]
      : []),
    // A file that could not be looked at has no recovery point.
    ...(seen.recoveryPoint < due && seen.thrown.length === 0
      ? [
          failure(
            due - seen.recoveryPoint,
            `writes 1 to ${due}, which had been uploaded`,
            `it ends at write ${seen.recoveryPoint}`,
            'too old, with exit code 0',
          ),
        ]
      : []),
  ];
}

/**
 * What may be too new by the store's clock: 0.3 goes by the times of the objects, which a store cuts to its own step. 0.5 goes by
 * the time that it has written down itself, to the millisecond, as the instant is.
 */
function stepMs({ restore }: InstantEvidence, { instants }: Evidence): number {
  return restore.format === 'ltx' ? 0 : (instants?.storeStepMs ?? 0);
}

function openQuestions({ path, seen, uploaded }: InstantEvidence): string[] {
  if (seen === null) return [];
  return [
    ...seen.thrown.map(({ check, error }) => `${check} threw on ${path}: ${error}`),
    ...(uploaded === null ? [`the bucket does not tell what had been uploaded of ${path}`] : []),
  ];
}

/** With its file every write is lost: a database is as old as that. null: the file could not be read. */
function rpoAt({ path, atUs, seen }: InstantEvidence, { databases }: Evidence): number | null {
  if (seen !== null) return seen.thrown.length > 0 ? null : Math.max(0, ...seen.lostAgesMs);
  const createdUs = databases.find((database) => database.path === path)?.createdUs;
  return createdUs === undefined ? null : Math.max(0, (atUs - createdUs) / 1000);
}

function restoreMsOf({ restore }: InstantEvidence): number {
  return Math.max(0, (restore.endUs - restore.startUs) / 1000);
}
