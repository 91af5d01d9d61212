import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatabaseEvidence, type Evidence, evidenceSchema } from './evidence.ts';
import { LAYOUT, SYSTEM_PATH } from './fleet/layout.ts';
import { supervisorCommand } from './host/subject.ts';
import type { DatabaseHistory } from './ledger/history.ts';
import type { DrillContext } from './phases/context.ts';
import { lateChanges, readRequestLog } from './store/request-log.ts';

/** Puts together what the phases found, and writes it as `evidence.json`: all that a judge will ever see. */
export async function collectEvidence(drill: DrillContext): Promise<Evidence> {
  const { order, scenario, found, plan, recorder, subject } = drill;
  const storeFault = found.store?.failure() ?? null;
  if (storeFault !== null) recorder.fault('DRILL_E_STORE_UNREACHABLE', storeFault);
  const evidence: Evidence = evidenceSchema.parse({
    schemaVersion: 1,
    drillId: order.drillId,
    scenario: {
      id: scenario.id,
      title: scenario.title,
      tier: scenario.tier,
      expect: scenario.expect,
      file: order.loaded.file,
      replicateIntervalSec: scenario.supervisor.replicateIntervalSec,
      secondLife: scenario.recovery.secondLife,
      objectives: order.loaded.objectives.map(({ expression, line }) => ({ expression, line })),
      mustFail: scenario.mustFail,
    },
    seed: order.seed,
    planDigest: plan.planDigest,
    fleetDigest: found.seeded?.fleetDigest ?? '',
    tool: { version: order.toolVersion },
    environment: order.environment,
    startedAt: found.startedAt,
    startUs: found.startUs,
    endUs: order.clock.nowUs(),
    subject: {
      supervisor: subject.supervisor === null ? 'drill supervise' : supervisorCommand(subject),
      litestream: {
        version: order.litestream.version,
        sha256: order.litestream.sha256,
        sqlite: order.litestream.sqlite,
      },
    },
    store: found.storeVersion ?? { kind: 'embedded', version: 'not started' },
    fleet: fleetSize(drill),
    timeline: recorder.timeline,
    kill:
      found.kill === null
        ? null
        : { ...found.kill, uploadsSettledUs: found.uploadsSettledUs ?? found.kill.confirmedUs },
    ...(await lateUploads(drill)),
    plannedWrites: plannedWrites(drill),
    writeLatencyMs: found.ledger?.latencyMs ?? null,
    clockUncertaintyMs: found.ledger?.clockUncertaintyMs ?? 0,
    recovery: found.recovery,
    databases:
      found.ledger === null
        ? []
        : [...found.ledger.databases.values()].map((history) => databaseEvidence(drill, history)),
    fleetChecksRun: [
      ...(found.verification?.checksRun ?? []),
      ...(found.secondVerification?.checksRun ?? []),
    ],
    fleetFindings: [
      ...found.ownFindings,
      ...(found.verification?.findings ?? []),
      ...(found.secondVerification?.findings ?? []),
    ],
    thrown: [...(found.verification?.thrown ?? []), ...(found.secondVerification?.thrown ?? [])],
    faults: [],
    subjectFailures: recorder.subjectFailures,
    harnessFaults: recorder.harnessFaults,
  });
  await writeFile(join(drill.paths.evidence, 'evidence.json'), `${JSON.stringify(evidence)}\n`);
  return evidence;
}

function plannedWrites({ found, scenario }: DrillContext): number {
  if (found.kill === null || found.loadStartUs === null) return 0;
  return Math.floor(((found.kill.atUs - found.loadStartUs) / 1_000_000) * scenario.workload.writesPerSecond);
}

function fleetSize({ found }: DrillContext): Evidence['fleet'] {
  const { databases = 0, realms = 0, apps = 0, rows = 0, bytes = 0 } = found.seeded ?? {};
  return { databases, realms, apps, rows, bytes };
}

async function lateUploads({
  found,
  paths,
}: DrillContext): Promise<Pick<Evidence, 'lateUploads' | 'requestLogComplete'>> {
  const log = await readRequestLog(paths.requestLog);
  const late =
    found.uploadsSettledUs === null
      ? []
      : lateChanges(log, found.uploadsSettledUs, found.secondUploadsSettledUs ?? Number.POSITIVE_INFINITY);
  return {
    lateUploads: late.map((entry) => ({ atUs: entry.atUs, method: entry.method, key: entry.url })),
    requestLogComplete: log.complete,
  };
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
    kind: kindOf(path),
    epoch: history.base.epoch,
    createdUs: history.base.at,
    deletedUs: history.deletedUs,
    ...fates,
    lastAckUs,
    protectedUs: found.protectedUs.get(path) ?? null,
    claimedProtected: found.claims?.get(path) ?? null,
    restore: found.restores.find((record) => record.path === path) ?? null,
    verified: verified?.verified ?? null,
    lostWriteAgesMs: [...(verified?.lostWriteAgesMs ?? [])],
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

function kindOf(path: string): DatabaseEvidence['kind'] {
  if (path === SYSTEM_PATH) return 'system';
  return path.endsWith(`/${LAYOUT.tenantFile}`) ? 'realm' : 'app';
}
