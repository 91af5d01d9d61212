import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Evidence, evidenceSchema } from './evidence.ts';
import type { Finding } from './evidence/checks.ts';
import type { DatabaseEvidence } from './evidence/database.ts';
import { databaseKind } from './fleet/layout.ts';
import { notFromTheBucket } from './from-the-bucket.ts';
import { storeAlarmEvidence } from './host/store-alarm.ts';
import { protectedIn } from './host/protected-in.ts';
import type { DatabaseHistory } from './ledger/history.ts';
import type { LitestreamBinary } from './litestream/binary.ts';
import type { ReplicatedDatabase } from './litestream/bucket-layout.ts';
import { bucketFaultsOf } from './phases/bucket-faults.ts';
import { everyFault } from './phases/every-fault.ts';
import type { DrillContext } from './phases/context.ts';
import { rehearsalEvidence } from './phases/rehearsal.ts';
import { mirrorIntervalSec } from './scenario/schema.ts';
import { faultWindow } from './phases/fault-window.ts';
import { storeFaultsOf } from './phases/store-faults.ts';
import { faultyRole, refusesTheHost } from './scenario/store-fault.ts';
import { windowMs } from './store/fault-choice.ts';
import { SAVED_LISTING, saveListing } from './store/saved-listing.ts';
import { hostRequests, storeRequests } from './store/request-counts.ts';
import { lateChanges, readRequestLog, type RequestLog } from './store/request-log.ts';
import { supervisorInWords } from './scenario/supervisor.ts';
import { refusedUs } from './store/refused.ts';
import { uploadsAgainMs } from './store/uploads-again.ts';

/** Puts together what the phases found, and writes it as `evidence.json`: all that a judge will ever see. */
export async function collectEvidence(drill: DrillContext): Promise<Evidence> {
  const { order, found, plan, recorder } = drill;
  const storeFault = found.store?.failure() ?? null;
  if (storeFault !== null) recorder.fault('DRILL_E_STORE_UNREACHABLE', storeFault);
  // The store has ended by now: the log holds all that there ever was.
  const log = await readRequestLog(drill.paths.requestLog);
  const evidence: Evidence = evidenceSchema.parse({
    schemaVersion: 1,
    drillId: order.drillId,
    scenario: scenarioOf(drill),
    seed: order.seed,
    planDigest: plan.planDigest,
    fleetDigest: found.seeded?.fleetDigest ?? '',
    tool: { version: order.toolVersion },
    environment: order.environment,
    startedAt: found.startedAt,
    startUs: found.startUs,
    endUs: order.clock.nowUs(),
    subject: {
      supervisor: supervisorInWords(order.loaded, order.supervisor),
      litestream: factsOf(order.litestream),
      ...(order.upgrades.length === 0
        ? {}
        : { upgrades: order.upgrades.map(({ atMs, litestream }) => ({ atMs, ...factsOf(litestream) })) }),
    },
    store: found.storeVersion ?? { kind: order.store.kind, version: 'not started' },
    fleet: fleetSize(drill),
    ...phasesOf(drill),
    kill:
      found.kill === null
        ? null
        : { ...found.kill, uploadsSettledUs: found.uploadsSettledUs ?? found.kill.confirmedUs },
    ...(found.secondKill === null ? {} : { secondKill: found.secondKill }),
    ...uploads(drill, log),
    ...bucketAndRunbook(drill),
    plannedWrites: plannedWrites(drill),
    writeLatencyMs: found.ledger?.latencyMs ?? null,
    clockUncertaintyMs: found.ledger?.clockUncertaintyMs ?? 0,
    recovery: found.recovery,
    databases:
      found.ledger === null
        ? []
        : [...found.ledger.databases.values()].map((history) => databaseEvidence(drill, history)),
    ...(found.loadEnd === undefined ? {} : { loadEnd: found.loadEnd }),
    ...(found.spaceAlarm === undefined ? {} : { spaceAlarm: found.spaceAlarm }),
    ...storeAlarm(drill, log),
    ...(found.subjectUse === undefined ? {} : { subjectUse: found.subjectUse }),
    ...acknowledgements(drill),
    ...(log.complete ? { storeRequests: storeRequests(log), ...loadRequests(drill, log) } : {}),
    ...fleetEvidence(drill, log),
    ...besideDatabases(drill),
    faults: everyFault(drill.scenario.faults, withUploadsAgain(drill, log)).map((record) =>
      withWindow(drill, record),
    ),
    subjectFailures: recorder.subjectFailures,
    harnessFaults: recorder.harnessFaults,
  });
  await keep(drill, evidence);
  return evidence;
}

/** What the judge needs to know of the scenario, and what was expected of this drill of it. */
function scenarioOf({ order, scenario }: DrillContext): Evidence['scenario'] {
  return {
    id: scenario.id,
    title: scenario.title,
    tier: scenario.tier,
    expect: order.expect,
    file: order.loaded.file,
    replicateIntervalSec: scenario.supervisor.replicateIntervalSec,
    secondLife: scenario.recovery.secondLife,
    objectives: order.loaded.objectives.map(({ expression, line }) => ({ expression, line })),
    mustFail: order.mustFail,
    ...(order.mustCount.length === 0 ? {} : { mustCount: order.mustCount }),
    ...(order.mustBreak.length === 0 ? {} : { mustBreak: order.mustBreak }),
    ...(order.mustHold.length === 0 ? {} : { mustHold: order.mustHold }),
    ...(scenario.rehearsal === undefined ? {} : { rehearsal: true }),
    ...(scenario.recovery.instants === undefined ? {} : { instants: scenario.recovery.instants.count }),
    ...(order.loaded.ownChecks === undefined ? {} : { ownChecks: [...order.loaded.ownChecks.names] }),
  };
}

async function keep({ found, paths }: DrillContext, evidence: Evidence): Promise<void> {
  if (found.bucket !== null) await saveListing(paths.evidence, found.objectsAtKill);
  await writeFile(join(paths.evidence, 'evidence.json'), `${JSON.stringify(evidence)}\n`);
}

const END_OF_LOAD_US = 15_000_000;

/** The phases, and how busy the machine was in them. */
function phasesOf({
  recorder: { timeline },
  processors,
}: DrillContext): Pick<Evidence, 'timeline' | 'processors'> {
  const watched = timeline.flatMap(({ phase, startUs, endUs }) => {
    // What is lost is what was written last.
    const fromUs = phase === 'load' ? Math.max(startUs, endUs - END_OF_LOAD_US) : startUs;
    const shares = processors.shares(fromUs, endUs);
    return shares === null ? [] : [{ phase, ...shares }];
  });
  return { timeline, processors: watched };
}

function bucketAndRunbook({ found }: DrillContext): Pick<Evidence, 'bucket' | 'runbook'> {
  return {
    ...(found.bucket === null ? {} : { bucket: { ...found.bucket, listing: SAVED_LISTING } }),
    ...(found.runbook === null ? {} : { runbook: found.runbook }),
  };
}

/** What was found in the fleet as a whole, in both lives. */
function fleetEvidence(
  drill: DrillContext,
  log: RequestLog,
): Pick<Evidence, 'ownChecks' | 'rehearsal' | 'instants' | 'fleetChecksRun' | 'fleetFindings' | 'thrown'> {
  const { found } = drill;
  const rehearsal = rehearsalEvidence(drill, log);
  return {
    ...(found.ownChecks === null ? {} : { ownChecks: [...found.ownChecks] }),
    ...(rehearsal === undefined ? {} : { rehearsal }),
    ...(found.instants == null ? {} : { instants: found.instants }),
    ...(found.secondHostSeen === null ? {} : { secondHost: found.secondHostSeen }),
    fleetChecksRun: [
      ...(found.verification?.checksRun ?? []),
      ...(found.secondVerification?.checksRun ?? []),
    ],
    fleetFindings: [
      ...found.ownFindings,
      ...notReadBack(drill, log),
      ...(found.verification?.findings ?? []),
      ...(found.secondVerification?.findings ?? []),
    ],
    thrown: [
      ...found.ownThrown,
      ...(found.verification?.thrown ?? []),
      ...(found.secondVerification?.thrown ?? []),
    ],
  };
}

function factsOf({ version, sha256, sqlite }: LitestreamBinary): Evidence['subject']['litestream'] {
  return { version, sha256, sqlite };
}

function loadRequests(
  { found: { kill, loadStartUs } }: DrillContext,
  log: RequestLog,
): Pick<Evidence, 'loadRequests'> {
  if (kill === null || loadStartUs === null) return {};
  const spanMs = (kill.atUs - loadStartUs) / 1000;
  return { loadRequests: { spanMs, counts: hostRequests(log, loadStartUs, kill.atUs) } };
}

/** What the status file told by when, against what the host was refused by then; a log with a piece missing says nothing. */
function storeAlarm(drill: DrillContext, log: RequestLog) {
  const { storeAlarm: alarm, kill } = drill.found;
  if (alarm === undefined || kill === null) return {};
  const faults = drill.scenario.faults.filter(refusesTheHost).map(({ id }) => id);
  const refused = [...refusedUs(log, faults, kill.atUs), ...awayUs(drill, kill.atUs)];
  return { storeAlarm: storeAlarmEvidence(alarm.changes, refused, kill.atUs) };
}

/** Of a store that nobody could reach: when that began and ended, in no log of requests. */
function awayUs({ found: { loadStartUs, faults }, scenario }: DrillContext, killUs: number): number[] {
  if (loadStartUs === null) return [];
  return scenario.faults.flatMap((fault) => {
    if (fault.kind !== 'store-refused' || !faults.some(({ id, engaged }) => id === fault.id && engaged))
      return [];
    const { fromMs, toMs } = windowMs(fault);
    return [loadStartUs + fromMs * 1000, Math.min(killUs, loadStartUs + toMs * 1000)];
  });
}

function withWindow({ scenario }: DrillContext, record: Evidence['faults'][number]) {
  const window = faultWindow(scenario.faults.find(({ id }) => id === record.id));
  return window === null ? record : { ...record, window };
}

/** How soon the host was itself again after faults of the store that were over before the kill. */
function withUploadsAgain(drill: DrillContext, log: RequestLog): Evidence['faults'] {
  const { store, kill, loadStartUs, ledger, faults } = drill.found;
  if (store === null || kill === null || loadStartUs === null || ledger === null || !log.complete) {
    return faults;
  }
  const base = `${store.writer.bucket}/${store.prefix}/`;
  return faults.map((record) => {
    const fault = storeFaultsOf(drill).find(({ id }) => id === record.id);
    if (fault === undefined || faultyRole(fault) !== 'writer') return record;
    const { fromMs, toMs } = windowMs(fault);
    const [fromUs, toUs] = [loadStartUs + fromMs * 1000, loadStartUs + toMs * 1000];
    // Those that had something to upload when it was over.
    const keys = [...ledger.databases.values()]
      .filter(({ deletedUs }) => deletedUs === null)
      .filter(({ writes }) => writes.some(({ atUs }) => atUs !== null && atUs >= fromUs && atUs < toUs))
      .map(({ path }) => `${base}${path}`);
    if (toUs >= kill.atUs || keys.length === 0) return record;
    return { ...record, uploadsAgainMs: uploadsAgainMs(log, keys, toUs, kill.atUs) };
  });
}

/** Spans of the record of acknowledgements: as many as a curve can show. */
const SPANS = 120;

function acknowledgements({ found }: DrillContext): Pick<Evidence, 'acknowledgements'> {
  const { kill, loadStartUs, ledger } = found;
  if (kill === null || loadStartUs === null || ledger === null || kill.atUs <= loadStartUs) return {};
  const spanUs = (kill.atUs - loadStartUs) / SPANS;
  const counts = Array.from({ length: SPANS }, () => 0);
  for (const { writes } of ledger.databases.values()) {
    for (const { fate, atUs } of writes) {
      if (fate !== 'acknowledged' || atUs === null) continue;
      const span = Math.min(SPANS - 1, Math.max(0, Math.floor((atUs - loadStartUs) / spanUs)));
      counts[span] = (counts[span] ?? 0) + 1;
    }
  }
  return { acknowledgements: { fromUs: loadStartUs, spanUs, counts } };
}

function besideDatabases({ found, scenario }: DrillContext): Pick<Evidence, 'blobs' | 'hooks'> {
  const { verification, kill, mirroredUpToUs } = found;
  if (verification?.blobs === undefined || kill === null) return {};
  const blobs = {
    backend: scenario.blobs.backend,
    mirrorIntervalSec: mirrorIntervalSec(scenario),
    mirrorBehindMs: mirroredUpToUs === null ? null : (kill.atUs - mirroredUpToUs) / 1000,
    ...verification.blobs,
  };
  const hasHooks = scenario.hooks.perApp > 0 && verification.hooks !== undefined;
  return { blobs, ...(hasHooks ? { hooks: verification.hooks } : {}) };
}

function plannedWrites({ found, scenario }: DrillContext): number {
  if (found.kill === null || found.loadStartUs === null) return 0;
  return Math.floor(((found.kill.atUs - found.loadStartUs) / 1_000_000) * scenario.workload.writesPerSecond);
}

function fleetSize({ found }: DrillContext): Evidence['fleet'] {
  const { databases = 0, realms = 0, apps = 0, rows = 0, bytes = 0 } = found.seeded ?? {};
  return { databases, realms, apps, rows, bytes };
}

type Uploads = Pick<Evidence, 'lateUploads' | 'requestLogComplete' | 'uploadWatch' | 'uploadWindows'>;

function uploads(drill: DrillContext, log: RequestLog): Uploads {
  const { store, uploadWatch } = drill.found;
  if (store?.uploadWatch !== 'listing')
    return { lateUploads: lateUploads(drill, log), requestLogComplete: log.complete };
  return {
    lateUploads: uploadWatch.changes,
    requestLogComplete: uploadWatch.failure === null && uploadWatch.before === null,
    uploadWatch: 'listing',
    uploadWindows: uploadWatch.windows,
  };
}

function lateUploads({ found }: DrillContext, log: RequestLog): Evidence['lateUploads'] {
  if (found.uploadsSettledUs === null) return [];
  const untilSecondDeathUs = found.secondUploadsSettledUs ?? Number.POSITIVE_INFINITY;
  return lateChanges(log, found.uploadsSettledUs, untilSecondDeathUs).map((entry) => ({
    atUs: entry.atUs,
    method: entry.method,
    key: entry.url,
  }));
}

/** Without a log of the store's requests nobody can tell; the judge says so. */
function notReadBack({ found, scenario }: DrillContext, log: RequestLog): Finding[] {
  const { store, kill, secondKill, recovery, restores, secondRestores, bucketAtKill } = found;
  if (store?.uploadWatch !== 'request-log') return [];
  const where = { bucket: store.recovery.bucket, prefix: store.prefix };
  const endUs = secondRestores.reduce((last, record) => Math.max(last, record.endUs), 0);
  return [
    ...notFromTheBucket(log, where, {
      records: restores,
      killUs: kill?.atUs ?? 0,
      restoredUs: recovery.restoredUs,
      ...(bucketFaultsOf(scenario).length > 0 ? {} : { sizesBytes: sizesAtKill(bucketAtKill ?? []) }),
    }),
    ...notFromTheBucket(log, where, {
      records: secondRestores,
      killUs: secondKill?.atUs ?? 0,
      restoredUs: endUs,
    }),
  ];
}

/** Of what a restore may begin with, by key. */
function sizesAtKill(replicas: readonly ReplicatedDatabase[]): Map<string, number> {
  const objects = replicas.flatMap(({ generations, ltx }) => [
    ...generations.flatMap(({ snapshots }) => snapshots),
    ...ltx,
  ]);
  return new Map(objects.map(({ key, sizeBytes }) => [key, sizeBytes]));
}

function databaseEvidence({ found }: DrillContext, history: DatabaseHistory): DatabaseEvidence {
  const { path } = history;
  const verified = found.verification?.databases.get(path) ?? null;
  const fates = { acknowledged: 0, refused: history.refused, unknown: 0 };
  let lastAckUs: number | null = null;
  for (const write of history.writes) {
    fates[write.fate]++;
    if (write.fate === 'acknowledged') lastAckUs = write.atUs;
  }
  return {
    path,
    kind: databaseKind(path),
    epoch: history.base.epoch,
    createdUs: history.base.at,
    deletedUs: history.deletedUs,
    ...fates,
    lastAckUs,
    protectedUs: protectedIn(history.base, found.protectedUs.get(path), found.protectedSinceUs.get(path)),
    claimedProtected: found.claims?.get(path) ?? null,
    restore: found.restores.find((record) => record.path === path) ?? null,
    verified: verified?.verified ?? null,
    lostWriteAgesMs: [...(verified?.lostWriteAgesMs ?? [])],
    ...found.lostAt.get(path),
    second: secondLife(found, path),
  };
}

function secondLife(found: DrillContext['found'], path: string): DatabaseEvidence['second'] {
  if (!found.newHostStarted) return null;
  return {
    firstWriteUs: found.firstWriteUs.get(path) ?? null,
    protectedUs: found.protectedAgainUs.get(path) ?? null,
    restore: found.secondRestores.find((record) => record.path === path) ?? null,
    verified: found.secondVerification?.databases.get(path)?.verified ?? null,
  };
}
