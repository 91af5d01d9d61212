import type { Evidence, Finding } from '../evidence.ts';
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
