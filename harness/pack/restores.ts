import type { Evidence } from '../evidence.ts';
import type { DatabaseEvidence, RestoreRecord } from '../evidence/database.ts';

/** Every restore of a drill as the program that did it ended, and what the restored file was checked for. */
export function restoresOf({ databases }: Evidence) {
  return databases.map(({ path, kind, epoch, restore, verified, second }: DatabaseEvidence) => ({
    database: path,
    kind,
    epoch,
    first: recordOf(restore),
    checksRun: verified?.checksRun ?? [],
    findings: verified?.findings.length ?? null,
    // By the next host, of what the new one wrote.
    second: recordOf(second?.restore ?? null),
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
