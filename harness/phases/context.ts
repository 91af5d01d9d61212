import { join } from 'node:path';
import type { UploadHistory } from '../attribution/upload-history.ts';
import type { Clock } from '../clock.ts';
import type { EventBus } from '../events.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding } from '../evidence/checks.ts';
import type { DatabaseEvidence, RestoreRecord } from '../evidence/database.ts';
import type { RehearsalEvidence } from '../evidence/instants.ts';
import type { OwnCheckRecord } from '../evidence/own-check.ts';
import type { RunbookEvidence } from '../evidence/runbook.ts';
import type { BucketContents } from '../evidence/store.ts';
import type { SeedSummary } from '../fleet/seed.ts';
import type { KillRecord, RunningHost } from '../host/host.ts';
import { refersTo } from '../host/process-scan.ts';
import type { StoreAlarmWatch } from '../host/store-alarm.ts';
import type { Subject } from '../host/subject.ts';
import type { Ledger } from '../ledger/history.ts';
import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { ProcessorWatch } from '../processor-watch.ts';
import { Recorder } from '../recorder.ts';
import { ResourceStack } from '../resources.ts';
import type { PlannedDrill } from '../planned-drill.ts';
import type { Writers } from './writers.ts';
import { type Plan, planDrill } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/schema.ts';
import { supervisorFor } from '../scenario/supervisor.ts';
import type { S3Object } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import { newUploadWatch, type UploadWatch } from './upload-watch.ts';
import type { FullDiskTry } from '../verify/full-disk.ts';
import type { FleetVerification } from '../verify/verify-fleet.ts';

/** One drill to run. */
export interface DrillOrder extends PlannedDrill {
  readonly supervisor: string | null;
  /** Kept: `evidence/<drillId>` of the run directory. */
  readonly evidenceDir: string;
  /** Thrown away after the drill unless `keep`. */
  readonly workDir: string;
  readonly keep: boolean;
  readonly toolVersion: string;
  readonly environment: Evidence['environment'];
  readonly bus: EventBus;
  readonly clock: Clock;
  /** Ends the drill: an interruption by the user, or its time limit. */
  readonly signal: AbortSignal;
  /** True once the user interrupted: no evidence is wanted any more. */
  readonly interrupted: () => boolean;
}

/** Where the parts of a drill lie. */
export interface DrillPaths {
  readonly work: string;
  readonly evidence: string;
  readonly ledger: string;
  readonly secondLedger: string;
  readonly logs: string;
  readonly config: string;
  readonly plan: string;
  readonly requestLog: string;
  /** Where a store that runs as a process has its data. */
  readonly store: string;
  readonly host: string;
  readonly newHost: string;
  readonly deadDisk: string;
  readonly secondDeadDisk: string;
  readonly blobMirror: string;
  readonly versionControl: string;
  readonly secondRestore: string;
  readonly runbookHost: string;
  readonly splitHost: string;
  readonly splitLedger: string;
}

/** A second host that went live on the same prefix while the first one lived. */
export interface SecondHost {
  readonly host: RunningHost;
  readonly atMs: number;
  readonly databases: number;
  readonly writers: Writers;
  /** What its supervisor said; the file may not be there. */
  readonly log: string;
}

/** A restore on another host while the first one lives. */
export interface Rehearsal {
  readonly dataDir: string;
  readonly beganUs: number;
  /** null: it has not ended. */
  endedUs: number | null;
  readonly records: RestoreRecord[];
  /** What was in the bucket of each database when it began. */
  readonly uploads: ReadonlyMap<string, UploadHistory>;
}

/** What the phases found, in the order in which they found it; null: not reached. */
export interface Findings {
  startedAt: string;
  startUs: number;
  store: Store | null;
  storeVersion: Evidence['store'] | null;
  readonly uploadWatch: UploadWatch;
  seeded: SeedSummary | null;
  hostStartUs: number | null;
  /** Per database path: the instant at which the harness saw it protected. */
  protectedUs: ReadonlyMap<string, number>;
  protectedSinceUs: ReadonlyMap<string, number>;
  kill: KillRecord | null;
  /** The end of the new host. */
  secondKill: KillRecord | null;
  uploadsSettledUs: number | null;
  claims: ReadonlyMap<string, boolean> | null;
  bucket: BucketContents | null;
  /** The fleet's part of the bucket at the kill, object by object; null: it could not be listed. */
  bucketAtKill: readonly ReplicatedDatabase[] | null;
  /** Everything that was listed then. */
  objectsAtKill: readonly S3Object[];
  /** What had been uploaded of each database by when; null: nobody has looked. */
  uploads: ReadonlyMap<string, UploadHistory> | null;
  /** Where the lost writes of each database were at the kill. */
  lostAt: ReadonlyMap<string, Pick<DatabaseEvidence, 'lostAt' | 'lostRuns'>>;
  newHostStarted: boolean;
  /** What `sealLedger` returned for the first and the second life. */
  seal: string | null;
  secondSeal: string | null;
  /** What the writers of the first and the second life said of their acknowledgements, by ledger file. */
  relayed: ReadonlyMap<string, number>;
  secondRelayed: ReadonlyMap<string, number>;
  loadStartUs: number | null;
  /** Of the wall clock, then. */
  wallOffsetMs: number | null;
  /** Left out: the disaster does not wait for a stall. */
  loadEnd?: Evidence['loadEnd'];
  /** Left out: the disk was never made full. */
  spaceAlarm?: Evidence['spaceAlarm'];
  /** Left out: nothing that is declared refuses the host. */
  storeAlarm?: StoreAlarmWatch;
  /** Left out: the load did not come to its end. */
  subjectUse?: Evidence['subjectUse'];
  /** Start of the last completed round of the operator's blob mirror; null: there is no mirror. */
  mirroredUpToUs: number | null;
  /** The new host is dead too, and what it had sent is in. */
  secondUploadsSettledUs: number | null;
  /** Findings that the phases make themselves. */
  ownFindings: Finding[];
  /** Checks that they could not make. */
  ownThrown: Evidence['thrown'];
  /** Restores onto disks that are too small, as they ended. */
  fullDisks: FullDiskTry[];
  /** What was done to the subject on purpose, and whether it took effect. */
  faults: Evidence['faults'];
  /** The second host of a split brain, as far as it has come; null: none is wanted, or not yet. */
  secondHost: SecondHost | null;
  /** The same from its first process on: the disaster takes it in any state. */
  risingHost: RunningHost | null;
  secondHostSeen: Evidence['secondHost'] | null;
  ledger: Ledger | null;
  restores: readonly RestoreRecord[];
  verification: FleetVerification | null;
  /** A restore beside the living host, as far as it has come; null: none is wanted, or not yet. */
  rehearsal: Rehearsal | null;
  rehearsalSeen: RehearsalEvidence['databases'];
  /** Restores to an instant; null: none are wanted, or not yet. */
  instants: Evidence['instants'] | null;
  /** What the scenario's own checks came to; null: there are none, or not yet. */
  ownChecks: readonly OwnCheckRecord[] | null;
  firstWriteUs: ReadonlyMap<string, number>;
  protectedAgainUs: ReadonlyMap<string, number>;
  secondRestores: readonly RestoreRecord[];
  secondVerification: FleetVerification | null;
  recovery: Evidence['recovery'];
  runbook: RunbookEvidence | null;
}

export interface DrillContext {
  readonly order: DrillOrder;
  readonly scenario: Scenario;
  readonly plan: Plan;
  readonly subject: Subject;
  readonly paths: DrillPaths;
  readonly recorder: Recorder;
  readonly resources: ResourceStack;
  readonly processors: ProcessorWatch;
  readonly found: Findings;
}

/** Everything a drill needs before its first phase; starts nothing. */
export function openContext(order: DrillOrder): DrillContext {
  const { scenario } = order.loaded;
  const found: Findings = newFindings(order.clock);
  const paths = drillPaths(order);
  return {
    order,
    scenario,
    plan: planDrill(scenario, order.seed),
    subject: {
      supervisor: supervisorFor(order.loaded, order.supervisor),
      litestream: order.litestream.path,
    },
    paths,
    recorder: new Recorder(order.bus, order.clock, order.drillId),
    resources: new ResourceStack(),
    processors: new ProcessorWatch(order.clock, {
      roots: () => (found.store?.processId === undefined ? [] : [found.store.processId]),
      isOwn: (pid) => refersTo(pid, paths.work),
    }),
    found,
  };
}

function newFindings(clock: Clock): Findings {
  return {
    startedAt: clock.wallIso(),
    startUs: clock.nowUs(),
    store: null,
    storeVersion: null,
    uploadWatch: newUploadWatch(),
    seeded: null,
    hostStartUs: null,
    protectedUs: new Map(),
    protectedSinceUs: new Map(),
    kill: null,
    secondKill: null,
    uploadsSettledUs: null,
    claims: null,
    bucket: null,
    bucketAtKill: null,
    objectsAtKill: [],
    uploads: null,
    lostAt: new Map(),
    newHostStarted: false,
    seal: null,
    secondSeal: null,
    relayed: new Map(),
    secondRelayed: new Map(),
    loadStartUs: null,
    wallOffsetMs: null,
    mirroredUpToUs: null,
    secondUploadsSettledUs: null,
    ownFindings: [],
    ownThrown: [],
    fullDisks: [],
    faults: [],
    secondHost: null,
    risingHost: null,
    secondHostSeen: null,
    ledger: null,
    restores: [],
    verification: null,
    rehearsal: null,
    rehearsalSeen: [],
    instants: null,
    ownChecks: null,
    firstWriteUs: new Map(),
    protectedAgainUs: new Map(),
    secondRestores: [],
    secondVerification: null,
    recovery: {
      detectedUs: null,
      provisionedUs: null,
      discoveredUs: null,
      firstDatabaseUs: null,
      restoredUs: null,
      verifiedUs: null,
      bootedUs: null,
      firstWritesUs: null,
      protectedAgainUs: null,
      parallelism: 0,
    },
    runbook: null,
  };
}

function drillPaths(order: DrillOrder): DrillPaths {
  const { evidenceDir: evidence, workDir: work } = order;
  return {
    work,
    evidence,
    ledger: join(evidence, 'ledger', 'life-1'),
    secondLedger: join(evidence, 'ledger', 'life-2'),
    logs: join(evidence, 'logs'),
    config: join(evidence, 'config'),
    plan: join(evidence, 'plan.json'),
    requestLog: join(evidence, 'store-requests.ndjson'),
    store: join(work, 'store'),
    host: join(work, 'host-1'),
    newHost: join(work, 'host-2'),
    deadDisk: join(work, 'dead-disk'),
    secondDeadDisk: join(work, 'second-dead-disk'),
    blobMirror: join(work, 'blob-mirror'),
    versionControl: join(work, 'version-control'),
    secondRestore: join(work, 'host-3'),
    runbookHost: join(work, 'host-4'),
    splitHost: join(work, 'second-host'),
    splitLedger: join(evidence, 'ledger', 'second-host'),
  };
}
