import type { Evidence } from '../evidence.ts';
import { CHECK_IDS, type CheckId } from '../evidence/checks.ts';
import type { DatabaseEvidence, RestoreRecord, Verified } from '../evidence/database.ts';
import { expectationOf } from '../judge/checks.ts';

/** Every restore of a drill as the program that did it ended, and what the restored file was checked for. */
export function restoresOf({ databases }: Evidence) {
  return databases.map(({ path, kind, epoch, restore, verified, second }: DatabaseEvidence) => ({
    database: path,
    kind,
    epoch,
    first: recordOf(restore),
    checksRun: verified?.checksRun ?? [],
    findings: verified?.findings.length ?? null,
    verified: verifiedOf(verified),
    // By the next host, of what the new one wrote.
    second: recordOf(second?.restore ?? null),
    secondVerified: verifiedOf(second?.verified ?? null),
  }));
}

function recordOf(restore: RestoreRecord | null) {
  if (restore === null) return null;
  const { outcome, exitCode, bytes, startUs, endUs, format, place, detail } = restore;
  return {
    outcome,
    exitCode,
    bytes,
    restoreMs: (endUs - startUs) / 1000,
    format: format ?? null,
    // Key below the prefix, where it is another than the path.
    place: place ?? null,
    detail,
  };
}

/** What a restored file was held against, and what was in it. */
function verifiedOf(verified: Verified | null) {
  if (verified === null) return null;
  const { recoveryPoint, rowsExpected, rowsRestored, sha256 } = verified;
  return {
    recoveryPoint,
    // Of the restored file, as it was when it was verified; null: not recorded.
    sha256: sha256 ?? null,
    rows: { expected: rowsExpected, actual: rowsRestored },
    checks: CHECK_IDS.flatMap((check) => checkOf(check, verified)),
  };
}

/** One check of one file; none where it neither ran nor threw. Whether a finding is excused is for the verdict to say. */
function checkOf(check: CheckId, { checksRun, findings, thrown }: Verified) {
  const own = findings.filter((finding) => finding.check === check);
  const error = thrown.find((one) => one.check === check)?.error;
  if (error === undefined && own.length === 0 && !checksRun.includes(check)) return [];
  return [
    {
      check,
      expected: expectationOf(check),
      actual: error !== undefined ? `it threw: ${error}` : own.length === 0 ? 'so it is' : 'otherwise',
      findings: own.map(({ expected, actual, detail, count }) => ({ expected, actual, detail, count })),
    },
  ];
}
