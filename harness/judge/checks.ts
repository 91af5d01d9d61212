import type { Evidence } from '../evidence.ts';
import { CHECK_IDS, type CheckId, DATABASE_CHECK_IDS } from '../evidence/checks.ts';
import type { CheckResult, ObjectiveResult } from '../result.ts';
import { blobNotes } from './blobs.ts';
import type { Fate } from './fates.ts';
import { concernsHooks, hooksTally } from './hooks.ts';
import { inventory } from './inventory.ts';
import { objectivesCheck } from './objectives.ts';
import { concernsInstants, pointInTime } from './point-in-time.ts';
import { concernsRehearsal, rehearsal } from './rehearsal.ts';
import { secondLife } from './second-life.ts';
import { judgeOwnChecks } from './own-checks.ts';
import { checkResult, explainedNote, type Failure, findingsOf, partFindings, type Tally } from './tally.ts';
import { lateUploads, readsNote } from './uploads.ts';

/** Checks of the whole restored fleet that the verification must have made. */
const FLEET_CHECK_IDS: readonly CheckId[] = ['inventory', 'clean-host', 'invariants', 'blobs', 'hooks'];

/** What each check says when it holds. */
const EXPECTED: Record<CheckId, string> = {
  inventory: 'every database of the fleet is back, and none that was deleted',
  'clean-host': 'nothing in the restored folder but what was restored, with the right modes',
  identity: 'every file is the database that it stands for',
  integrity: 'every file is sound to SQLite, indexes included',
  'foreign-keys': 'no foreign key points to nothing',
  schema: 'every schema is the one of its recovery point',
  contiguity: 'every database holds writes 1 to k without a hole',
  'no-phantoms': 'nothing is there that was never written',
  'row-counts': 'every table has as many rows as at the recovery point',
  content: 'every row is as it was written',
  invariants: "RustBaas' own rules hold across files",
  blobs: 'every file record has its blob, of the right size',
  'no-late-uploads': 'nothing reaches the bucket after the kill',
  'second-life': 'the new host writes, is protected, and a second restore holds both lives',
  hooks: 'every hook that version control holds is back, byte by byte, and no other',
  rehearsal:
    'a restore while the host lives gives what was in the bucket when it began, or says that it cannot',
  'point-in-time':
    'a restore to an instant holds what had been uploaded by then, and nothing that was written later',
  objectives: 'every objective of the scenario is kept',
};

/** What a check says when it holds. */
export function expectationOf(id: CheckId): string {
  return EXPECTED[id];
}

/**
 * Every check, always, in the order of CHECK_IDS: a failing one never hides the next. Only `hooks` is left out where no
 * app has any, `point-in-time` and `rehearsal` where a scenario has none. Then those that the scenario brings.
 */
export function judgeChecks(
  evidence: Evidence,
  fates: readonly Fate[],
  objectives: readonly ObjectiveResult[],
  rpoObjectiveMs: number,
  /** Why the check of the blobs proves nothing. */
  openBlobs: readonly string[],
): CheckResult[] {
  const standard = CHECK_IDS.filter((id) => isPart(id, evidence)).map((id) => {
    if (id === 'objectives') return objectivesCheck(objectives);
    const tally = tallyOf(id, evidence, fates, rpoObjectiveMs);
    return checkResult(id === 'blobs' ? also(tally, openBlobs) : tally);
  });
  return [...standard, ...judgeOwnChecks(evidence)];
}

function isPart(id: CheckId, evidence: Evidence): boolean {
  if (id === 'hooks') return concernsHooks(evidence);
  if (id === 'rehearsal') return concernsRehearsal(evidence);
  return id !== 'point-in-time' || concernsInstants(evidence);
}

function tallyOf(id: CheckId, evidence: Evidence, fates: readonly Fate[], rpoObjectiveMs: number): Tally {
  const { failures, explained } = partFindings(
    findingsOf(evidence, fates).filter(({ check }) => check === id),
    rpoObjectiveMs,
  );
  const base: Tally = {
    id,
    expected: EXPECTED[id],
    whenPassed: 'so it is',
    failures,
    unmeasured: thrown(id, evidence),
    notes: [
      ...(id === 'blobs' && evidence.blobs !== undefined
        ? blobNotes(evidence, explained)
        : explainedNote(explained)),
      ...(id === 'clean-host' ? readsNote(evidence) : []),
    ],
  };
  if (id === 'no-late-uploads') return lateUploads(base, evidence);
  if (id === 'rehearsal') return rehearsal(base, evidence);
  if (id === 'point-in-time') return pointInTime(base, evidence);
  if (id === 'second-life') return secondLife(base, evidence, fates, rpoObjectiveMs);
  const looked = withCoverage(id, base, evidence, fates);
  if (id === 'inventory') return inventory(looked, evidence, fates);
  if (id === 'hooks') return hooksTally(looked, evidence);
  return id === 'integrity' ? { ...looked, failures: [...looked.failures, ...unsound(fates)] } : looked;
}

/** A check that did not run on everything it should have run on is not a pass. */
function withCoverage(id: CheckId, tally: Tally, evidence: Evidence, fates: readonly Fate[]): Tally {
  if (evidence.kill === null) return also(tally, ['there was no kill']);
  if (FLEET_CHECK_IDS.includes(id)) {
    return evidence.fleetChecksRun.includes(id) ? tally : also(tally, ['it did not run']);
  }
  if (!(DATABASE_CHECK_IDS as readonly CheckId[]).includes(id)) return tally;
  const restored = fates.filter(({ end }) => end === 'restored' || end === 'resurrected');
  const left = restored.filter(({ database }) => !database.verified?.checksRun.includes(id));
  const contradicting = id === 'contiguity' ? restored.filter(understatesItsLoss) : [];
  return also({ ...tally, whenPassed: `so it is in all ${restored.length} restored databases` }, [
    ...(restored.length === 0 ? ['no database was restored'] : []),
    ...left.map(({ name }) => `it did not run on ${name}`),
    ...contradicting.map(
      ({ name }) => `fewer lost writes recorded for ${name} than its recovery point tells`,
    ),
  ]);
}

/** Pair check on the evidence itself: acknowledged writes beyond the recovery point must be in the list of lost ones. */
function understatesItsLoss({ database, end }: Fate): boolean {
  const { verified, acknowledged, lostWriteAgesMs } = database;
  if (end !== 'restored' || verified === null) return false;
  if (verified.findings.some(({ explainedByLossAgeMs }) => explainedByLossAgeMs === null)) return false;
  return lostWriteAgesMs.length < acknowledged - verified.recoveryPoint;
}

function unsound(fates: readonly Fate[]): Failure[] {
  return fates.flatMap(({ end, name, why }) =>
    end === 'unsound'
      ? [{ database: name, count: 1, expected: 'a sound file', actual: 'an unsound one', detail: why }]
      : [],
  );
}

/** Checks that threw, in the first life and on the fleet. */
function thrown(id: CheckId, { databases, thrown: onFleet }: Evidence): string[] {
  const all = [...databases.flatMap(({ verified }) => verified?.thrown ?? []), ...onFleet];
  const own = all.filter(({ check }) => check === id);
  return [...new Set(own.map(({ database, error }) => `it threw on ${database ?? 'the fleet'}: ${error}`))];
}

function also(tally: Tally, unmeasured: readonly string[]): Tally {
  return { ...tally, unmeasured: [...tally.unmeasured, ...unmeasured] };
}
