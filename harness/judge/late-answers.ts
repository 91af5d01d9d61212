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
  const again = pathsOf(evidence, (database) => isLateAgain(evidence, database));
  if (first.size + again.size === 0) return null;
  return {
    phases: [...(first.size > 0 ? ['restore'] : []), ...(again.size > 0 ? ['second life'] : [])],
    without: {
      ...evidence,
      databases: evidence.databases.map((database) => ({
        ...database,
        restore:
          first.has(database.path) && database.restore !== null
            ? { ...database.restore, outcome: 'not-attempted' }
            : database.restore,
        second: again.has(database.path) ? null : database.second,
      })),
      subjectFailures: evidence.subjectFailures.filter(({ code }) => code !== 'not-protected-again'),
      fleetFindings: evidence.fleetFindings.filter(
        ({ check, database }) =>
          database === null ||
          !((first.has(database) && ABSENT.has(check)) || (again.has(database) && check === 'second-life')),
      ),
    },
  };
}

/** What is found of a database that is not there. */
const ABSENT: ReadonlySet<CheckId> = new Set(['inventory', 'second-life']);

function pathsOf(evidence: Evidence, isLate: (database: DatabaseEvidence) => boolean): ReadonlySet<string> {
  return new Set(evidence.databases.filter(isLate).map(({ path }) => path));
}

/** Whether a database that took a write on the new host was not protected there, or not restored again, in time. */
function isLateAgain({ subjectFailures }: Evidence, { path, second }: DatabaseEvidence): boolean {
  if (second === null || second.firstWriteUs === null) return false;
  const isToldLate = subjectFailures.some(
    ({ code, databases = [] }) => code === 'not-protected-again' && databases.includes(path),
  );
  return (second.protectedUs === null && isToldLate) || second.restore?.outcome === 'timeout';
}
