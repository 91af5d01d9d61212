import type { Evidence } from '../../evidence.ts';
import type { DatabaseEvidence, RestoreRecord } from '../../evidence/database.ts';
import { greenEvidence } from '../../judge/green-evidence.ts';
import type { DatabaseHistory } from '../../ledger/history.ts';
import { placeOf } from '../places.ts';
import type { FleetVerification } from '../verify-fleet.ts';
import type { Scene } from './scene.ts';

/** Test support: the evidence of a drill in which all went well but what a scene shows. */
export function evidenceOf(scene: Scene, verification: FleetVerification): Evidence {
  const green = greenEvidence();
  const shift = scene.killUs - (green.kill?.atUs ?? 0);
  const at = (instant: number | null): number | null => (instant === null ? null : instant + shift);
  const { recovery, kill } = green;
  return {
    ...green,
    scenario: { ...green.scenario, secondLife: false },
    startUs: green.startUs + shift,
    endUs: green.endUs + shift,
    plannedWrites: scene.ledger.acknowledged,
    kill:
      kill === null
        ? null
        : { ...kill, atUs: scene.killUs, confirmedUs: scene.killUs, uploadsSettledUs: scene.killUs },
    recovery: {
      detectedUs: at(recovery.detectedUs),
      provisionedUs: at(recovery.provisionedUs),
      discoveredUs: at(recovery.discoveredUs),
      firstDatabaseUs: at(recovery.firstDatabaseUs),
      restoredUs: at(recovery.restoredUs),
      verifiedUs: at(recovery.verifiedUs),
      bootedUs: null,
      firstWritesUs: null,
      protectedAgainUs: null,
      parallelism: recovery.parallelism,
    },
    databases: [...scene.ledger.databases.values()].map((history) =>
      databaseEvidence(scene, verification, history),
    ),
    ...(verification.blobs === undefined
      ? {}
      : {
          blobs: {
            backend: 'local',
            mirrorIntervalSec: 1,
            mirrorBehindMs: (scene.killUs - scene.mirroredUpToUs) / 1000,
            ...verification.blobs,
          },
        }),
    ...(verification.hooks === undefined ? {} : { hooks: verification.hooks }),
    fleetChecksRun: [...verification.checksRun],
    fleetFindings: [...verification.findings],
    thrown: [...verification.thrown],
  };
}

function databaseEvidence(
  scene: Scene,
  verification: FleetVerification,
  history: DatabaseHistory,
): DatabaseEvidence {
  const { path, base, writes, refused, deletedUs, seeded } = history;
  const verified = verification.databases.get(path);
  const acknowledged = writes.filter(({ fate }) => fate === 'acknowledged');
  return {
    path,
    kind: placeOf(path)?.kind ?? 'app',
    epoch: base.epoch,
    createdUs: base.at,
    deletedUs,
    acknowledged: acknowledged.length,
    refused,
    unknown: writes.length - acknowledged.length,
    lastAckUs: acknowledged.at(-1)?.atUs ?? null,
    protectedUs: seeded ? base.at : null,
    claimedProtected: null,
    restore: verified?.verified == null ? null : restored(path, scene.killUs),
    verified: verified?.verified ?? null,
    lostWriteAgesMs: [...(verified?.lostWriteAgesMs ?? [])],
    second: null,
  };
}

/** Litestream always says that all went well: a fault that only its exit code shows would not be found by a check. */
function restored(path: string, killUs: number): RestoreRecord {
  return { path, outcome: 'restored', exitCode: 0, startUs: killUs, endUs: killUs, bytes: 1, detail: '' };
}
