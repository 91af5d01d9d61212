import type { Evidence } from '../evidence.ts';
import { DATABASE_CHECK_IDS, type Finding } from '../evidence/checks.ts';
import type { DatabaseEvidence } from '../evidence/database.ts';
import type { InstantEvidence, RehearsalEvidence } from '../evidence/instants.ts';
import type { RunInfo } from '../evidence/run-info.ts';

/** Test support: the evidence of a drill that passes. A test plants one fault in a copy and must see it go red. */

export const KILL_US = 60_000_000;

const SECOND = 1_000_000;

/** A path per kind: `system.db`, one realm, one app of it. */
const PATHS = ['realms/acme/apps/shop/data.db', 'realms/acme/realm.db', 'system.db'] as const;

/** A copy of the green evidence with one thing changed. */
export function evidenceWith(change: (evidence: Evidence) => void): Evidence {
  const evidence = greenEvidence();
  change(evidence);
  return evidence;
}

/** One database of an evidence, by the end of its path. */
export function databaseIn(evidence: Evidence, path: string): DatabaseEvidence {
  const found = evidence.databases.find((database) => database.path.endsWith(path));
  if (found === undefined) throw new Error(`no database ${path}`);
  return found;
}

/** A finding that nothing explains. */
export function finding(check: Finding['check'], database: string | null, count = 1): Finding {
  return {
    check,
    database,
    expected: 'as written',
    actual: 'otherwise',
    detail: `${count} planted`,
    count,
    explainedByLossAgeMs: null,
  };
}

/** The database is not in the restored fleet, for the reason given, and the verification misses it. */
export function notRestored(
  evidence: Evidence,
  path: string,
  outcome: NonNullable<DatabaseEvidence['restore']>['outcome'],
): void {
  const database = databaseIn(evidence, path);
  evidence.fleetFindings.push(finding('inventory', database.path));
  if (database.restore !== null) database.restore = { ...database.restore, outcome, bytes: 0 };
  database.verified = null;
  database.second = null;
  database.lostWriteAgesMs = [];
}

/** A restore to the instant at which a write had just been acknowledged, with everything right about it. */
export function restoredToInstant(evidence: Evidence, path: string): InstantEvidence {
  const { restore, path: database } = databaseIn(evidence, path);
  if (restore === null) throw new Error(`${path} was not restored`);
  return {
    path: database,
    seq: 60,
    atUs: KILL_US - 20 * SECOND,
    timestamp: '2026-11-01T00:00:40.000Z',
    restore: { ...restore, format: 'ltx' },
    uploaded: 58,
    seen: { recoveryPoint: 58, newest: 58, newerByMs: 0, lostAgesMs: [700, 0], findings: [], thrown: [] },
  };
}

/** A restore while the host lived, with everything in it that was in the bucket when it began, and more. */
export function restoredInRehearsal(
  evidence: Evidence,
  path: string,
): RehearsalEvidence['databases'][number] {
  const { restore, seen } = restoredToInstant(evidence, path);
  return { path: databaseIn(evidence, path).path, restore, uploaded: 58, seen };
}

/** What is true of the run that these drills make up. */
export function greenRun(evidences: readonly Pick<Evidence, 'drillId'>[]): RunInfo {
  return {
    runId: 'r1',
    seed: 42,
    repeatCommand: 'npm run drill -- --scenario=tiny --seed=42',
    startedAt: '2026-11-01T00:00:00.000Z',
    durationMs: 90_000,
    tool: { version: '0.1.0' },
    environment: {},
    drills: evidences.map(({ drillId }) => drillId),
    reporterFailures: [],
  };
}

export function greenEvidence(): Evidence {
  return {
    schemaVersion: 1,
    drillId: 'tiny',
    scenario: greenScenario(),
    seed: 42,
    planDigest: 'aa',
    fleetDigest: 'bb',
    tool: { version: '0.1.0' },
    environment: { node: '24.21.0' },
    startedAt: '2026-11-01T00:00:00.000Z',
    startUs: 0,
    endUs: 90 * SECOND,
    subject: {
      supervisor: 'drill supervise',
      litestream: { version: '0.3.13', sha256: 'cc', sqlite: '3.45.1' },
    },
    store: { kind: 'embedded', version: '2.4.1' },
    fleet: { databases: 3, realms: 1, apps: 1, rows: 300, bytes: 300_000 },
    timeline: [
      { phase: 'load', startUs: 20 * SECOND, endUs: KILL_US },
      { phase: 'seed', startUs: 0, endUs: 10 * SECOND },
    ],
    kill: {
      atUs: KILL_US,
      confirmedUs: KILL_US + 5000,
      killed: [{ pid: 10, command: 'litestream replicate' }],
      escaped: [],
      survivors: [],
      uploadsSettledUs: KILL_US + 50_000,
    },
    lateUploads: [],
    requestLogComplete: true,
    plannedWrites: 300,
    writeLatencyMs: { p50: 1, p95: 2, p99: 3, max: 4 },
    clockUncertaintyMs: 0.1,
    recovery: {
      detectedUs: KILL_US + 10_000,
      provisionedUs: KILL_US + 20_000,
      discoveredUs: KILL_US + 100_000,
      firstDatabaseUs: KILL_US + 300_000,
      restoredUs: KILL_US + 900_000,
      verifiedUs: KILL_US + 1_200_000,
      bootedUs: KILL_US + 1_500_000,
      firstWritesUs: KILL_US + 1_600_000,
      protectedAgainUs: KILL_US + 4 * SECOND,
      parallelism: 4,
    },
    databases: PATHS.map(greenDatabase),
    fleetChecksRun: ['inventory', 'clean-host', 'invariants', 'blobs', 'second-life'],
    fleetFindings: [],
    thrown: [],
    faults: [],
    subjectFailures: [],
    harnessFaults: [],
  };
}

function greenScenario(): Evidence['scenario'] {
  return {
    id: 'tiny',
    title: 'A tiny fleet',
    tier: 'smoke',
    expect: 'pass',
    file: 'scenarios/tiny.yaml',
    replicateIntervalSec: 10,
    secondLife: true,
    objectives: [
      { expression: 'rpoMs max < 15000', line: 7 },
      { expression: 'rtoMs < 120000', line: 8 },
      { expression: 'lostWritesBeyondRpo == 0', line: 9 },
    ],
    mustFail: [],
  };
}

function greenDatabase(path: string): DatabaseEvidence {
  const restore = {
    path,
    outcome: 'restored' as const,
    exitCode: 0,
    startUs: KILL_US + 200_000,
    endUs: KILL_US + 300_000,
    bytes: 100_000,
    detail: '',
  };
  const verified = {
    startUs: KILL_US + 900_000,
    endUs: KILL_US + 950_000,
    recoveryPoint: 100,
    recoveryPointAckUs: KILL_US - 2 * SECOND,
    rowsExpected: 100,
    rowsRestored: 100,
    checksRun: [...DATABASE_CHECK_IDS],
    findings: [],
    thrown: [],
  };
  return {
    path,
    kind: path === 'system.db' ? 'system' : path.endsWith('realm.db') ? 'realm' : 'app',
    epoch: 1,
    createdUs: 10 * SECOND,
    deletedUs: null,
    acknowledged: 100,
    refused: 0,
    unknown: 1,
    lastAckUs: KILL_US - 2 * SECOND,
    protectedUs: 12 * SECOND,
    claimedProtected: true,
    restore,
    verified,
    lostWriteAgesMs: [],
    second: {
      firstWriteUs: KILL_US + 1_600_000,
      protectedUs: KILL_US + 3 * SECOND,
      restore: { ...restore, startUs: KILL_US + 5 * SECOND, endUs: KILL_US + 6 * SECOND },
      verified: {
        ...verified,
        checksRun: [...DATABASE_CHECK_IDS],
        findings: [],
        thrown: [],
        recoveryPoint: 101,
      },
    },
  };
}
