import type { Evidence } from '../evidence.ts';
import type { SubjectFailureCode } from '../failure-classes.ts';
import type { Fate } from './fates.ts';

/**
 * Leaves out what the new host failed at with excused databases alone: a file that came back torn, which nobody had
 * promised, may well lack the table that a first write goes to. Whatever names one database that is not excused, or
 * none at all, stays as it is; and the instants that were left open for it are those of the databases that count.
 */
export function settleExcused(evidence: Evidence, fates: readonly Fate[]): Evidence {
  const excused = excusedPaths(fates);
  const isExcused = ({ databases = [] }: Evidence['subjectFailures'][number]): boolean =>
    databases.length > 0 && databases.every((path) => excused.has(path));
  const left = evidence.subjectFailures.filter((failure) => !isExcused(failure));
  if (left.length === evidence.subjectFailures.length) return evidence;
  const isSettled = (code: SubjectFailureCode): boolean =>
    evidence.subjectFailures.some((failure) => failure.code === code) &&
    !left.some((failure) => failure.code === code);
  const { recovery } = evidence;
  return {
    ...evidence,
    subjectFailures: left,
    recovery: {
      ...recovery,
      firstWritesUs: isSettled('no-first-write') ? lastOf(fates, 'firstWriteUs') : recovery.firstWritesUs,
      protectedAgainUs: isSettled('not-protected-again')
        ? lastOf(fates, 'protectedUs')
        : recovery.protectedAgainUs,
    },
  };
}

/** Paths at which an excused database is, and no other one but such as were removed. */
function excusedPaths(fates: readonly Fate[]): ReadonlySet<string> {
  const others = new Set(
    fates.flatMap(({ end, database }) => (end === 'excused' || end === 'removed' ? [] : [database.path])),
  );
  return new Set(
    fates.flatMap(({ end, database }) =>
      end === 'excused' && !others.has(database.path) ? [database.path] : [],
    ),
  );
}

/** When the last of the restored databases had come so far; null: one of them never did. */
function lastOf(fates: readonly Fate[], instant: 'firstWriteUs' | 'protectedUs'): number | null {
  const instants = fates.flatMap(({ end, database: { second } }) =>
    end === 'restored' ? [second?.[instant] ?? null] : [],
  );
  const known = instants.filter((one) => one !== null);
  return known.length === 0 || known.length < instants.length ? null : Math.max(...known);
}
