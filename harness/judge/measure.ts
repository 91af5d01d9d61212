import type { Evidence } from '../evidence.ts';
import type { Distribution, Measurements } from '../result.ts';
import { type Fate, isTorn } from './fates.ts';
import { distributionOf } from './percentiles.ts';
import { measureInstants } from './point-in-time.ts';

/** Every figure of a drill. What could not be measured is null, never 0. */
export function measure(evidence: Evidence, fates: readonly Fate[], rpoObjectiveMs: number): Measurements {
  const { databases, recovery } = evidence;
  const killUs = evidence.kill?.atUs ?? null;
  const lostAgesMs = fates.flatMap((fate) => fate.lostAgesMs);
  const sum = (figure: 'acknowledged' | 'unknown' | 'refused'): number =>
    databases.reduce((total, database) => total + database[figure], 0);
  return {
    rpoMs: distributionOf(fates.flatMap(({ rpoMs }) => (rpoMs === null ? [] : [rpoMs]))),
    recoveryPointAgeMs: recoveryPointAges(fates, killUs),
    rtoMs: rto(evidence, fates),
    restoreMs: between(recovery.discoveredUs, recovery.restoredUs),
    // Verification may begin while restores still run: this is what it adds to the RTO.
    verifyMs: between(recovery.restoredUs, recovery.verifiedUs),
    firstDatabaseMs: between(killUs, recovery.firstDatabaseUs),
    protectedAgainMs: between(killUs, recovery.protectedAgainUs),
    timeToProtectionMs: timesToProtection(fates, killUs),
    skewMs: skews(fates),
    acknowledgedWrites: sum('acknowledged'),
    lostWrites: lostAgesMs.length,
    lostWritesBeyondRpo: lostAgesMs.filter((ageMs) => ageMs > rpoObjectiveMs).length,
    unreachableWrites: unreachableWrites(fates),
    ...lostAgain(evidence, fates),
    unknownWrites: sum('unknown'),
    refusedWrites: sum('refused'),
    tornDatabases: tornDatabases(evidence, rpoObjectiveMs),
    databasesRestored: fates.filter(({ end }) => end === 'restored').length,
    restoredFromGenerations: restoredFrom('generations', fates),
    restoredFromLtx: restoredFrom('ltx', fates),
    clockUncertaintyMs: evidence.clockUncertaintyMs,
    rtoStagesMs: stages(evidence, killUs),
    writeLatencyMs: evidence.writeLatencyMs,
    ...besideDatabases(evidence),
    ...measureInstants(evidence),
    ...spaceAlarm(evidence),
    ...storeAlarm(evidence),
    ...orderedStop(evidence),
    ...subjectUse(evidence),
  };
}

/**
 * Nobody had promised what is excused: a part of it may well be there. null where of some loss nobody knows: that what is
 * known of comes to nothing does not say that all of it does.
 */
function unreachableWrites(fates: readonly Fate[]): number | null {
  const losers = fates.filter(({ lostAgesMs, excused }) => lostAgesMs.length > 0 && !excused);
  const places = losers.map(({ database }) => database.lostAt ?? null);
  const unreachable = places.reduce((total, place) => total + (place?.unreachable ?? 0), 0);
  const isClear = places.every((place) => place?.unclear === 0);
  return unreachable > 0 || isClear ? unreachable : null;
}

/** Whether or not it was seen protected before that: what the new host wrote is what it was to have for good. */
function lostAgain({ scenario }: Evidence, fates: readonly Fate[]): Pick<Measurements, 'databasesLostAgain'> {
  if (!scenario.secondLife) return {};
  const back = fates.flatMap(({ end, database: { verified: first, second } }) => {
    const again = second?.restore?.outcome === 'restored' ? second.verified : null;
    return end === 'restored' && first !== null && again !== null ? [{ first, again }] : [];
  });
  const lost = back.filter(({ first, again }) => again.recoveryPoint <= first.recoveryPoint).length;
  return { databasesLostAgain: back.length === 0 ? null : lost };
}

/** An alarm that had not come, or not gone, is as late as the last instant at which that was known. */
function spaceAlarm({
  spaceAlarm: alarm,
  kill,
}: Evidence): Pick<Measurements, 'spaceAlarmLeadMs' | 'spaceAlarmEndMs'> {
  if (alarm === undefined) return {};
  const { isTold, raisedUs, firstRefusedUs, freedUs, clearedUs } = alarm;
  if (!isTold) return { spaceAlarmLeadMs: null, spaceAlarmEndMs: null };
  const knownUs = raisedUs ?? freedUs;
  return {
    spaceAlarmLeadMs: knownUs === null || firstRefusedUs === null ? null : (firstRefusedUs - knownUs) / 1000,
    spaceAlarmEndMs: raisedUs === null ? null : between(freedUs, clearedUs ?? kill?.atUs ?? null),
  };
}

/** An alarm that never came is later than the last request that there was to tell of. */
function storeAlarm({ storeAlarm: alarm }: Evidence): Pick<Measurements, 'storeAlarmMs'> {
  if (alarm === undefined) return {};
  const { wasClear, firstRefusedUs, lastRefusedUs, raisedUs } = alarm;
  return { storeAlarmMs: between(firstRefusedUs, raisedUs ?? (wasClear ? lastRefusedUs : null)) };
}

/** One that had not ended is as late as the last instant at which that was known. */
function orderedStop({ faults }: Evidence): Pick<Measurements, 'orderedStopMs'> {
  const stops = faults.flatMap(({ orderedStops = [] }) => orderedStops);
  return stops.length === 0 ? {} : { orderedStopMs: largest(stops.map(({ tookMs }) => tookMs)) };
}

/** Without a look for so long, a peak would most likely not have been seen. */
const MOST_GAP_MS = 5000;
const BYTES_PER_MB = 2 ** 20;

function subjectUse({ subjectUse: use }: Evidence): Pick<Measurements, 'subjectRssMb' | 'subjectOpenFiles'> {
  if (use === undefined) return {};
  const { rssBytes, openFiles, longestGapMs } = use;
  if (longestGapMs > MOST_GAP_MS) return { subjectRssMb: null, subjectOpenFiles: null };
  return { subjectRssMb: rssBytes === null ? null : rssBytes / BYTES_PER_MB, subjectOpenFiles: openFiles };
}

/** Blobs and hooks; evidence of a run that did not look at them has no figure for them. */
function besideDatabases({ blobs, hooks }: Evidence): Partial<Measurements> {
  return {
    ...(blobs === undefined
      ? {}
      : {
          blobRpoMs: blobs.expected === 0 ? null : largest([0, ...blobs.lostAgesMs]),
          lostBlobs: blobs.lostAgesMs.length,
          acknowledgedUploads: blobs.acknowledgedUploads,
        }),
    ...(hooks === undefined
      ? {}
      : { lostHookEdits: hooks.lostEdits, acknowledgedHookEdits: hooks.acknowledgedEdits }),
  };
}

/** null where the restore of a database that is back did not say which layout it took. */
function restoredFrom(format: 'generations' | 'ltx', fates: readonly Fate[]): number | null {
  const formats = fates.flatMap(({ end, database }) =>
    end === 'restored' ? [database.restore?.format ?? null] : [],
  );
  return formats.includes(null) ? null : formats.filter((one) => one === format).length;
}

/**
 * Also those that nobody had promised: they are excused, but a restore that says exit code 0 of a state that never was has
 * lied all the same. null while one of them has not been looked at.
 */
function tornDatabases(evidence: Evidence, rpoObjectiveMs: number): number | null {
  const { kill, recovery } = evidence;
  if (kill === null || recovery.restoredUs === null) return null;
  const living = evidence.databases.filter(({ deletedUs }) => deletedUs === null || deletedUs > kill.atUs);
  const back = living.filter(({ restore }) => restore?.outcome === 'restored');
  if (back.some(({ verified }) => verified === null)) return null;
  const refused = living.filter(({ restore }) => restore?.outcome === 'unsound');
  return refused.length + back.filter((database) => isTorn(database, evidence, rpoObjectiveMs)).length;
}

/** null unless everything that had to come back did: a fleet with a hole in it is not back in service. */
function rto({ kill, recovery, scenario }: Evidence, fates: readonly Fate[]): number | null {
  if (fates.some(({ end }) => end === 'missing' || end === 'unsound' || end === 'unknown')) return null;
  const verified = between(kill?.atUs ?? null, recovery.verifiedUs);
  if (!scenario.secondLife || verified === null) return verified;
  const writable = between(kill?.atUs ?? null, recovery.firstWritesUs);
  return writable === null ? null : Math.max(verified, writable);
}

function stages({ recovery }: Evidence, killUs: number | null): Record<string, number | null> {
  return {
    detected: between(killUs, recovery.detectedUs),
    provisioned: between(killUs, recovery.provisionedUs),
    discovered: between(killUs, recovery.discoveredUs),
    firstDatabase: between(killUs, recovery.firstDatabaseUs),
    restored: between(killUs, recovery.restoredUs),
    verified: between(killUs, recovery.verifiedUs),
    booted: between(killUs, recovery.bootedUs),
    firstWrites: between(killUs, recovery.firstWritesUs),
    protectedAgain: between(killUs, recovery.protectedAgainUs),
  };
}

function recoveryPointAges(fates: readonly Fate[], killUs: number | null): Distribution | null {
  return distributionOf(
    fates.flatMap(({ completeUntilUs }) => {
      const ageMs = between(completeUntilUs, killUs);
      return ageMs === null ? [] : [ageMs];
    }),
  );
}

/** A database that was never protected before the kill took at least until then. */
function timesToProtection(fates: readonly Fate[], killUs: number | null): Distribution | null {
  if (killUs === null) return null;
  const living = fates.filter(({ end }) => end !== 'removed' && end !== 'resurrected');
  return distributionOf(
    living.map(({ database: { createdUs, protectedUs } }) =>
      Math.max(0, (Math.min(protectedUs ?? killUs, killUs) - createdUs) / 1000),
    ),
  );
}

/**
 * Per realm: how far apart the instants are up to which its databases are complete. Those are the oldest lost writes and not the
 * last restored ones: a database that is written to seldom is as new as its neighbours until then.
 */
function skews(fates: readonly Fate[]): Distribution | null {
  const byRealm = new Map<string, number[]>();
  for (const { database, rpoMs } of fates) {
    const realm = /^realms\/([^/]+)\//.exec(database.path)?.[1];
    if (realm === undefined || rpoMs === null) continue;
    byRealm.set(realm, [...(byRealm.get(realm) ?? []), rpoMs]);
  }
  return distributionOf([...byRealm.values()].map((ages) => largest(ages) - smallest(ages)));
}

function largest(figures: readonly number[]): number {
  return figures.reduce((most, figure) => Math.max(most, figure), -Infinity);
}

function smallest(figures: readonly number[]): number {
  return figures.reduce((least, figure) => Math.min(least, figure), Infinity);
}

/** Milliseconds from one instant to another, null when one of them never came. */
function between(fromUs: number | null, toUs: number | null): number | null {
  return fromUs === null || toUs === null ? null : Math.max(0, (toUs - fromUs) / 1000);
}
