import type { Evidence } from '../evidence.ts';
import type { RestoreOutcome } from '../evidence/database.ts';
import type { RehearsalEvidence } from '../evidence/instants.ts';
import { seconds } from './fates.ts';
import { type Failure, plural, type Tally } from './tally.ts';

/** Whether a restore beside the living host is any part of it. */
export function concernsRehearsal({ scenario, rehearsal }: Evidence): boolean {
  return scenario.rehearsal === true || rehearsal !== undefined;
}

/**
 * A restore that retention overtakes may fail, as long as it says so. A file that it leaves with exit code 0 must be sound and
 * hold everything that was in the bucket when it began.
 */
export function rehearsal(tally: Tally, { rehearsal: made }: Evidence): Tally {
  if (made === undefined) return { ...tally, unmeasured: [...tally.unmeasured, 'it did not take place'] };
  const { databases, beganUs, endedUs, removals } = made;
  const back = databases.filter(({ seen }) => seen !== null);
  const took = endedUs === null ? 'did not end' : `took ${seconds((endedUs - beganUs) / 1000)}`;
  const refused = back.length < databases.length ? '; the others failed, and said so' : '';
  return {
    ...tally,
    whenPassed: `so it is in ${back.length} of ${plural(databases.length, 'database')}${refused}`,
    failures: [...tally.failures, ...databases.flatMap(failuresOf)],
    unmeasured: [
      ...tally.unmeasured,
      ...(endedUs === null ? ['it had not ended when the host died'] : []),
      ...(back.length === 0 ? ['no database came back'] : []),
      ...databases.flatMap(openQuestions),
    ],
    notes: [...tally.notes, `it ${took}, with ${plural(removals, 'deletion')} by the host meanwhile`],
  };
}

/** What a restore came to that ended with exit code 0. */
const UNTOLD: ReadonlySet<RestoreOutcome> = new Set<RestoreOutcome>(['no-file', 'unsound']);

function failuresOf({ path, seen, uploaded, restore }: RehearsalEvidence['databases'][number]): Failure[] {
  if (seen === null) {
    if (!UNTOLD.has(restore.outcome)) return [];
    const actual = `${restore.outcome}${restore.detail === '' ? '' : `: ${restore.detail}`}`;
    const expected = 'a sound file, or an exit code that is not 0';
    return [{ database: path, count: 1, expected, actual, detail: actual }];
  }
  if (seen.findings.length > 0) {
    return seen.findings.map(({ check, count, expected, actual, detail }) => ({
      database: path,
      count,
      expected,
      actual: `${check}: ${actual}`,
      detail,
    }));
  }
  // A file that could not be looked at has no recovery point.
  if (uploaded === null || seen.thrown.length > 0 || seen.recoveryPoint >= uploaded) return [];
  const missing = uploaded - seen.recoveryPoint;
  return [
    {
      database: path,
      count: missing,
      expected: `writes 1 to ${uploaded}, which were in the bucket when it began`,
      actual: `it ends at write ${seen.recoveryPoint}`,
      detail: 'short, with exit code 0',
    },
  ];
}

function openQuestions({ path, seen, uploaded, restore }: RehearsalEvidence['databases'][number]): string[] {
  if (seen === null) {
    return restore.outcome === 'timeout' ? [`the restore of ${path} did not end in its time`] : [];
  }
  return [
    ...seen.thrown.map(({ check, error }) => `${check} threw on ${path}: ${error}`),
    ...(uploaded === null ? [`the bucket did not tell what was in it of ${path}`] : []),
  ];
}
