import type { Evidence } from '../evidence.ts';
import type { CheckId } from '../evidence/checks.ts';
import type { DatabaseEvidence } from '../evidence/database.ts';

/**
 * What a limit cut short: nobody knows what it would have come to. On a machine that is itself that is the subject's
 * failure; on one that others have taken it is no answer at all.
 */
export interface LateAnswers {
  /** The phases in which somebody was too late. */
  readonly phases: readonly string[];
  /** The same evidence, with what was cut short as what was never asked for. */
  readonly without: Evidence;
}

/** null: everything that was asked for came to an end in time. */
export function lateAnswers(evidence: Evidence): LateAnswers | null {
  const first = pathsOf(evidence, ({ restore }) => restore?.outcome === 'timeout');
  const unprotected = pathsOf(evidence, (database) => isLateAgain(evidence, database));
  const again = pathsOf(evidence, ({ second }) => second?.restore?.outcome === 'timeout');
  const phases = [
    ...(first.size > 0 ? ['restore'] : []),
    ...(unprotected.size + again.size > 0 ? ['second life'] : []),
  ];
  if (phases.length === 0) return null;
  const open = pathsOf(
    evidence,
    (database) => again.has(database.path) || (unprotected.has(database.path) && isOpen(database)),
  );
  return {
    phases,
    without: {
      ...evidence,
      databases: evidence.databases.map((database) => ({
        ...database,
        restore:
          first.has(database.path) && database.restore !== null
            ? { ...database.restore, outcome: 'not-attempted' }
            : database.restore,
        second: open.has(database.path) ? null : protectedBy(database, unprotected),
      })),
      subjectFailures: evidence.subjectFailures.filter(({ code }) => code !== 'not-protected-again'),
      fleetFindings: evidence.fleetFindings.filter(
        ({ check, database }) =>
          database === null ||
          !((first.has(database) && ABSENT.has(check)) || (open.has(database) && check === 'second-life')),
      ),
    },
  };
}

/** What is found of a database that is not there. */
const ABSENT: ReadonlySet<CheckId> = new Set(['inventory', 'second-life']);

function pathsOf(evidence: Evidence, isSo: (database: DatabaseEvidence) => boolean): ReadonlySet<string> {
  return new Set(evidence.databases.filter(isSo).map(({ path }) => path));
}

/** Whether a database that took a write on the new host was told as not protected there in time. */
function isLateAgain({ subjectFailures }: Evidence, { path, second }: DatabaseEvidence): boolean {
  if (second === null || second.firstWriteUs === null || second.protectedUs !== null) return false;
  return subjectFailures.some(
    ({ code, databases = [] }) => code === 'not-protected-again' && databases.includes(path),
  );
}

/** Whether nothing came back a second time that could be right or wrong. */
function isOpen({ second }: DatabaseEvidence): boolean {
  const outcome = second?.restore?.outcome ?? 'not-attempted';
  return outcome === 'not-attempted';
}

/** As if it had been protected: what came back of it all the same is judged. */
function protectedBy(
  { path, second }: DatabaseEvidence,
  unprotected: ReadonlySet<string>,
): DatabaseEvidence['second'] {
  if (second === null || !unprotected.has(path)) return second;
  return { ...second, protectedUs: second.firstWriteUs };
}
