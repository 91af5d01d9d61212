import type { Evidence } from '../evidence.ts';
import { type CheckId, DATABASE_CHECK_IDS } from '../evidence/checks.ts';
import type { Fate } from './fates.ts';
import { explainedNote, type Failure, partFindings, type Tally } from './tally.ts';

/**
 * Every restored database must take a write on the new host, become protected again, and come back a second time
 * with both lives in it. What the scenario does not ask for is said to be no part of it.
 */
export function secondLife(
  tally: Tally,
  evidence: Evidence,
  fates: readonly Fate[],
  rpoObjectiveMs: number,
): Tally {
  if (!evidence.scenario.secondLife) return { ...tally, whenPassed: 'not part of this scenario' };
  const restored = fates.filter(({ end }) => end === 'restored');
  if (restored.length === 0)
    return { ...tally, unmeasured: [...tally.unmeasured, 'no database was restored'] };
  const judged = restored.map((fate) => ofDatabase(fate, rpoObjectiveMs));
  const failures = judged.flatMap((one) => one.failures);
  const named = new Set(failures.map(({ database }) => database));
  return {
    ...tally,
    whenPassed: `so it is in all ${restored.length} restored databases`,
    // A database without a second restore is also found missing: one fault, told once.
    failures: [...failures, ...tally.failures.filter(({ database }) => !named.has(database))],
    unmeasured: [
      ...tally.unmeasured,
      ...judged.flatMap(({ unmeasured }) => unmeasured),
      ...(evidence.fleetChecksRun.includes('second-life') ? [] : ['it did not run']),
    ],
    notes: [...tally.notes, ...explainedNote(judged.flatMap(({ explained }) => explained))],
  };
}

interface Judged extends Pick<Tally, 'failures' | 'unmeasured'> {
  readonly explained: Parameters<typeof explainedNote>[0];
}

function ofDatabase({ name, database }: Fate, rpoObjectiveMs: number): Judged {
  const { second, verified: first } = database;
  const failed = (expected: string, actual: string): Judged => {
    const failure: Failure = { database: name, count: 1, expected, actual, detail: actual };
    return { failures: [failure], unmeasured: [], explained: [] };
  };
  const unmeasured = (why: string): Judged => ({
    failures: [],
    unmeasured: [`${name}: ${why}`],
    explained: [],
  });
  if (second === null) return unmeasured('the new host was not started');
  if (second.firstWriteUs === null) return failed('a write on the new host', 'no write was acknowledged');
  if (second.protectedUs === null) return failed('protected again', 'not protected again');
  if (second.restore === null || second.restore.outcome === 'not-attempted') {
    return unmeasured('it was not restored a second time');
  }
  if (second.restore.outcome !== 'restored') {
    return failed('a second restore', `${second.restore.outcome}: ${second.restore.detail}`);
  }
  if (second.verified === null) return unmeasured('the second restore was not verified');
  const { findings, checksRun, thrown, recoveryPoint } = second.verified;
  const { failures, explained } = partFindings(findings, rpoObjectiveMs);
  const left = (DATABASE_CHECK_IDS as readonly CheckId[]).filter((check) => !checksRun.includes(check));
  // Where something failed already, that is the fault, told once. What a lost write explains excuses no new one. A file that
  // could not be looked at has no recovery point.
  const isSilent = failures.length === 0 && thrown.length === 0;
  const lacksNewWrite = first !== null && recoveryPoint <= first.recoveryPoint && isSilent;
  const lost = `it ends at write ${recoveryPoint}, the first life at ${first?.recoveryPoint}`;
  return {
    failures: [
      ...failures.map((failure) => ({ ...failure, database: failure.database ?? name })),
      ...(lacksNewWrite ? failed("the new host's write in the second restore", lost).failures : []),
    ],
    unmeasured: [
      ...left.map((check) => `${check} did not run on ${name}`),
      ...thrown.map(({ check, error }) => `${check} threw on ${name}: ${error}`),
    ],
    explained,
  };
}
