import type { Evidence } from '../evidence.ts';
import type { Finding } from '../evidence/checks.ts';
import { seconds } from './fates.ts';
import { strictestMax } from '../scenario/metrics.ts';
import { plural } from './tally.ts';

/**
 * The loss of blobs that is accepted: the strictest `blobRpoMs` objective, else what whoever set up the mirror was
 * promised: one interval, or as far as the mirror was behind. It is the operator's own, not the subject's.
 */
function blobRpoObjectiveMs(evidence: Evidence): number {
  const { mirrorIntervalSec, mirrorBehindMs } = evidence.blobs ?? {};
  return (
    strictestMax(evidence.scenario.objectives, 'blobRpoMs') ??
    Math.max((mirrorIntervalSec ?? 0) * 1000, mirrorBehindMs ?? 0)
  );
}

/**
 * Settles by the blobs' own promise what that promise explains, so that the databases' objective decides about the
 * databases alone: a blob that is not back is within it, or nothing explains it.
 */
export function settleBlobs(evidence: Evidence): Evidence {
  const acceptedMs = blobRpoObjectiveMs(evidence);
  const settle = (finding: Finding): Finding => {
    if (finding.promise !== 'blobs' || finding.explainedByLossAgeMs === null) return finding;
    const isAccepted = finding.explainedByLossAgeMs <= acceptedMs;
    const detail = `${finding.detail}; uploaded ${seconds(finding.explainedByLossAgeMs)} before the kill`;
    return { ...finding, detail, explainedByLossAgeMs: isAccepted ? 0 : null };
  };
  return { ...evidence, fleetFindings: evidence.fleetFindings.map(settle) };
}

/** Rounds that a blob may wait for: stored as one began, it is not in it, and the kill may cut off the next. */
const ROUNDS = 2;

/**
 * Why blobs that came back prove nothing: more is missing than two rounds of the mirror explain, and nothing excuses it but
 * that the mirror was so far behind. That is no fault of the subject, and no fleet that came back either. `recorded`:
 * as `settleBlobs` has not seen it.
 */
export function hangingMirror(recorded: Evidence): string[] {
  const { mirrorIntervalSec, mirrorBehindMs } = recorded.blobs ?? {};
  if (strictestMax(recorded.scenario.objectives, 'blobRpoMs') !== null || mirrorIntervalSec == null)
    return [];
  const behindMs = mirrorBehindMs ?? 0;
  const roundsMs = mirrorIntervalSec * 1000 * ROUNDS;
  const late = recorded.fleetFindings.filter(
    ({ promise, explainedByLossAgeMs: ageMs }) =>
      promise === 'blobs' && ageMs !== null && ageMs > roundsMs && ageMs <= behindMs,
  );
  if (late.length === 0) return [];
  const oldestMs = late.reduce(
    (oldest, { explainedByLossAgeMs }) => Math.max(oldest, explainedByLossAgeMs ?? 0),
    0,
  );
  const blobs = plural(
    late.reduce((sum, { count }) => sum + count, 0),
    'blob',
  );
  return [
    `the mirror was ${seconds(behindMs)} behind, and ${blobs} of up to ${seconds(oldestMs)} are excused by nothing else: ` +
      `more than two of its rounds of ${seconds(mirrorIntervalSec * 1000)}; a blobRpoMs objective would bound them`,
  ];
}

/** Remarks on blobs that are lost and were not promised. */
export function blobNotes(evidence: Evidence, explained: readonly Finding[]): string[] {
  const count = (findings: readonly Finding[]): number => findings.reduce((sum, one) => sum + one.count, 0);
  const unmirrored = count(explained.filter(({ promise }) => promise === 'blobs'));
  const ofLostWrites = count(explained.filter(({ promise }) => promise !== 'blobs'));
  const acceptedMs = blobRpoObjectiveMs(evidence);
  return [
    ...(unmirrored === 0
      ? []
      : [`${plural(unmirrored, 'blob')} not yet mirrored, within the accepted ${seconds(acceptedMs)}`]),
    ...(ofLostWrites === 0
      ? []
      : [
          `${plural(ofLostWrites, 'blob')} gone with a file whose deletion was lost within the RPO objective`,
        ]),
  ];
}
