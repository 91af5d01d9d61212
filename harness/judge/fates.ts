import type { Evidence } from '../evidence.ts';
import type { CheckId, Finding } from '../evidence/checks.ts';
import type { DatabaseEvidence, RestoreOutcome } from '../evidence/database.ts';

/**
 * What became of one database.
 * - restored: a file is there, and the recovery found it sound
 * - excused: not back or torn, but so young and unprotected that nobody had promised it
 * - missing, unsound: not back, and it had to be
 * - unknown: nothing tells (no kill, or the recovery ended before it)
 * - removed: the application had deleted it, or had begun to, and it stayed away
 * - resurrected: deleted, and back again; `excused` when the deletion itself was within the RPO objective
 */
export interface Fate {
  readonly database: DatabaseEvidence;
  readonly name: string;
  readonly end: 'restored' | 'excused' | 'missing' | 'unsound' | 'unknown' | 'removed' | 'resurrected';
  readonly excused: boolean;
  /** In words, for anything but a plain restore. */
  readonly why: string;
  /** Ages at the kill of its lost acknowledged writes. */
  readonly lostAgesMs: readonly number[];
  /** null: not measured, or not part of the fleet at the kill. */
  readonly rpoMs: number | null;
  /** The instant up to which the restored database is complete; null like `rpoMs`. */
  readonly completeUntilUs: number | null;
}

/** Every database's fate, sorted by path, so that the same evidence gives the same bytes. */
export function fatesOf(evidence: Evidence, rpoObjectiveMs: number): Fate[] {
  const ordered = evidence.databases.toSorted(
    (a, b) => compareText(a.path, b.path) || a.epoch - b.epoch || a.createdUs - b.createdUs,
  );
  return ordered.map((database) => fateOf(database, evidence, rpoObjectiveMs));
}

function fateOf(database: DatabaseEvidence, evidence: Evidence, rpoObjectiveMs: number): Fate {
  const name = database.epoch === 1 ? database.path : `${database.path} (epoch ${database.epoch})`;
  const outside = { database, name, excused: false, lostAgesMs: [], rpoMs: null, completeUntilUs: null };
  if (evidence.kill === null) return { ...outside, end: 'unknown', why: 'there was no kill' };
  const killUs = evidence.kill.atUs;
  const { deletedUs, restore, verified } = database;
  const outcome = restore?.outcome ?? null;
  const looked = evidence.fleetChecksRun.includes('inventory');
  const seen = inventoryFinding(evidence, database);
  if (deletedUs !== null && deletedUs <= killUs) {
    const isBack = looked ? seen !== null : outcome === 'restored';
    if (!isBack) return { ...outside, end: 'removed', why: 'deleted, and stayed so' };
    const why = `deleted ${seconds((killUs - deletedUs) / 1000)} before the kill, and back`;
    // The write that deleted it may be older than the removal of its file, and may not be lost at all.
    const lossAgeMs = seen === null ? (killUs - deletedUs) / 1000 : seen.explainedByLossAgeMs;
    return {
      ...outside,
      end: 'resurrected',
      excused: lossAgeMs !== null && lossAgeMs <= rpoObjectiveMs,
      why,
    };
  }
  const recovered = evidence.recovery.restoredUs !== null;
  if (restore === null ? !recovered : outcome === 'not-attempted') {
    return { ...outside, end: 'unknown', why: 'the recovery ended before it' };
  }
  if (restore === null && verified !== null) {
    return { ...outside, end: 'unknown', why: 'there is no record of its restore' };
  }
  const isGone = verified === null && seen !== null;
  if (outcome === 'restored' && !isGone) {
    return isTornUnpromised(database, evidence, rpoObjectiveMs)
      ? torn(database, name, killUs)
      : restored(database, name, killUs);
  }
  if (looked && seen === null && (outcome === null || outcome === 'not-registered')) {
    return { ...outside, end: 'removed', why: 'its removal had begun before the kill' };
  }
  const fate = notBack(database, name, killUs, rpoObjectiveMs);
  // What was at its path before is in no record, and may have been promised long ago.
  return fate.excused && isMadeAnew(database)
    ? { ...outside, end: 'unknown', why: `made anew at its path: ${fate.why}` }
    : fate;
}

function isMadeAnew({ epoch }: DatabaseEvidence): boolean {
  return epoch > 1;
}

/** What the verification says of a database that is not there, or there although it was deleted. */
function inventoryFinding({ fleetFindings }: Evidence, { path }: DatabaseEvidence): Finding | null {
  return fleetFindings.find(({ check, database }) => check === 'inventory' && database === path) ?? null;
}

function notBack(database: DatabaseEvidence, name: string, killUs: number, rpoObjectiveMs: number): Fate {
  const ageMs = Math.max(0, (killUs - database.createdUs) / 1000);
  const isProtected = wasProtected(database, killUs);
  const outcome = database.restore?.outcome ?? null;
  // A registration is lost with its parent's last writes: the file in the bucket may well be protected.
  const promised = isProtected && outcome !== 'not-registered';
  const excused = !promised && ageMs <= rpoObjectiveMs;
  const words = outcome === 'restored' ? 'restored, but no file is there' : inWords(outcome, database);
  return {
    database,
    name,
    end: excused ? 'excused' : outcome === 'unsound' ? 'unsound' : 'missing',
    excused,
    why: `${words}; ${isProtected ? 'protected' : 'not protected'}, ${seconds(ageMs)} old`,
    lostAgesMs: lostWithItsFile(database, ageMs),
    rpoMs: ageMs,
    completeUntilUs: database.createdUs,
  };
}

/**
 * Litestream 0.3.13 gives back a mix of instants, exit code 0 and all pages in order, when its host dies during the first
 * snapshot. A database that was neither protected nor older than the RPO objective was not promised, so that is counted
 * as its loss. Another tenant's data is no tear: that is never excused.
 */
function isTornUnpromised(database: DatabaseEvidence, evidence: Evidence, rpoObjectiveMs: number): boolean {
  const killUs = evidence.kill?.atUs ?? 0;
  const isYoung = (killUs - database.createdUs) / 1000 <= rpoObjectiveMs;
  const isPromised = wasProtected(database, killUs) || isMadeAnew(database);
  return isYoung && !isPromised && isTorn(database, evidence, rpoObjectiveMs);
}

/** Whether a restored database is in a state that it never had, and in nothing else but that. */
export function isTorn(database: DatabaseEvidence, evidence: Evidence, rpoObjectiveMs: number): boolean {
  const findings = [
    ...(database.verified?.findings ?? []),
    ...evidence.fleetFindings.filter((finding) => finding.database === database.path),
  ];
  // A blob that the mirror could not have yet, or a hook, says nothing about the file.
  const others = findings.filter(
    (finding) =>
      !TEARS.has(finding.check) && finding.check !== 'hooks' && !isUnpromisedAgain(finding, database),
  );
  if (others.some((finding) => !isExplainedBlob(finding, rpoObjectiveMs))) return false;
  return findings.some(
    ({ check, explainedByLossAgeMs }) => TEARS.has(check) && explainedByLossAgeMs === null,
  );
}

/** Whether it says that a database is not back a second time which the new host could not write to, or not protect. */
function isUnpromisedAgain({ check }: Finding, { second }: DatabaseEvidence): boolean {
  if (check !== 'second-life' || second === null || second.restore?.outcome === 'restored') return false;
  return second.firstWriteUs === null || second.protectedUs === null;
}

/** Whether a database that nobody promised excuses this finding: by its absence, by its tear, or by what follows from them. */
export function isExcusable(finding: Finding, database: DatabaseEvidence): boolean {
  const { check } = finding;
  return (
    TEARS.has(check) || check === 'inventory' || check === 'blobs' || isUnpromisedAgain(finding, database)
  );
}

function isExplainedBlob({ check, explainedByLossAgeMs: ageMs }: Finding, rpoObjectiveMs: number): boolean {
  return check === 'blobs' && ageMs !== null && ageMs <= rpoObjectiveMs;
}

/** Checks that pages of different instants can break. */
const TEARS: ReadonlySet<CheckId> = new Set<CheckId>([
  'integrity',
  'foreign-keys',
  'schema',
  'contiguity',
  'row-counts',
  'content',
  'invariants',
]);

function torn(database: DatabaseEvidence, name: string, killUs: number): Fate {
  const ageMs = Math.max(0, (killUs - database.createdUs) / 1000);
  const [first] = database.verified?.findings ?? [];
  return {
    database,
    name,
    end: 'excused',
    excused: true,
    why: `came back torn (${first?.detail ?? 'across files'}); not protected, ${seconds(ageMs)} old`,
    lostAgesMs: lostWithItsFile(database, ageMs),
    rpoMs: ageMs,
    completeUntilUs: database.createdUs,
  };
}

function restored(database: DatabaseEvidence, name: string, killUs: number): Fate {
  const fate = { database, name, end: 'restored', excused: false, why: '' } as const;
  const lostAgesMs = database.lostWriteAgesMs;
  const { verified } = database;
  if (verified === null) return { ...fate, lostAgesMs, rpoMs: null, completeUntilUs: null };
  const rpoMs = lostAgesMs.reduce((oldest, ageMs) => Math.max(oldest, ageMs), 0);
  const completeUntilUs =
    lostAgesMs.length === 0 ? killUs : (verified.recoveryPointAckUs ?? database.createdUs);
  return { ...fate, lostAgesMs, rpoMs, completeUntilUs };
}

/** By the supervisor's own word or by what the harness saw in the bucket before the kill. */
function wasProtected({ claimedProtected, protectedUs }: DatabaseEvidence, killUs: number): boolean {
  return claimedProtected === true || (protectedUs !== null && protectedUs <= killUs);
}

/** With the file all acknowledged writes are lost; without an age of their own they are as old as the file. */
function lostWithItsFile(
  { lostWriteAgesMs, acknowledged }: DatabaseEvidence,
  ageMs: number,
): readonly number[] {
  if (lostWriteAgesMs.length >= acknowledged) return lostWriteAgesMs;
  return Array.from({ length: acknowledged }, () => ageMs);
}

function inWords(outcome: RestoreOutcome | null, { restore }: DatabaseEvidence): string {
  const words = outcome === null ? 'neither registered nor in the bucket' : OUTCOMES[outcome];
  return restore === null || restore.detail === '' ? words : `${words} (${restore.detail})`;
}

const OUTCOMES: Record<RestoreOutcome, string> = {
  restored: 'restored',
  unsound: 'came back unsound',
  failed: 'its restore failed',
  timeout: 'its restore ran out of time',
  'no-file': 'its restore gave no file',
  'not-in-bucket': 'not in the bucket',
  'not-registered': 'in the bucket, but no restored parent registers it',
  'not-attempted': 'not attempted',
};

/** Milliseconds for people: 950 ms, 12.3 s. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Order by code unit: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
