import { type Evidence, HARNESS_BUG } from '../evidence.ts';
import type { CheckId } from '../evidence/checks.ts';
import type { InstantEvidence, RehearsalEvidence } from '../evidence/instants.ts';
import type { FailureClass } from '../failure-classes.ts';
import type { Verdict } from '../result.ts';
import {
  databaseIn,
  finding,
  KILL_US,
  notRestored,
  restoredInRehearsal,
  restoredToInstant,
} from './green-evidence.ts';

/** Test support: the evidence of a good drill with one thing wrong, and what the judge must make of it. */
export interface PlantedEvidence {
  readonly name: string;
  readonly plant: (evidence: Evidence) => void;
  readonly verdict: Exclude<Verdict, 'pass'>;
  /** The checks that fail, all of them; empty: none, and the drill is inconclusive. */
  readonly failed: readonly CheckId[];
  /** Whose failure it is. */
  readonly failureClass: FailureClass;
}

const SHOP = 'realms/acme/apps/shop/data.db';
const REALM = 'realms/acme/realm.db';

/** What a subject can do wrong that no restored file shows. */
export const SUBJECT_FAULTS: readonly PlantedEvidence[] = [
  red('restore that ends with 0 and leaves no file', ['inventory', 'objectives'], (evidence) =>
    notRestored(evidence, SHOP, 'no-file'),
  ),
  red('restore that ends with 1', ['inventory', 'objectives'], (evidence) =>
    notRestored(evidence, SHOP, 'failed'),
  ),
  red('restore that hangs', ['inventory', 'objectives'], (evidence) =>
    notRestored(evidence, SHOP, 'timeout'),
  ),
  red(
    'restore whose file the recovery itself refuses',
    ['inventory', 'integrity', 'objectives'],
    (evidence) => notRestored(evidence, SHOP, 'unsound'),
  ),
  red('recovery that is slow', ['objectives'], ({ recovery }) => {
    recovery.firstWritesUs = KILL_US + 121_000_000;
  }),
  red('database that is in no configuration', ['inventory', 'objectives'], (evidence) => {
    notRestored(evidence, SHOP, 'not-in-bucket');
    databaseIn(evidence, SHOP).protectedUs = null;
  }),
  red(
    'new app that is never taken in, older than the RPO objective',
    ['inventory', 'objectives'],
    (evidence) => {
      Object.assign(young(evidence, 16_000), { protectedUs: null });
      notRestored(evidence, SHOP, 'not-in-bucket');
    },
  ),
  red(
    'database made anew within the RPO and torn, with pages of what was there before',
    ['integrity'],
    (evidence) => {
      Object.assign(young(evidence, 1500), { epoch: 2 });
      databaseIn(evidence, SHOP).verified?.findings.push(finding('integrity', SHOP, 3));
    },
  ),
  red('protection that was claimed and was not there', ['inventory'], (evidence) => {
    Object.assign(young(evidence, 3000), { claimedProtected: true });
    notRestored(evidence, SHOP, 'not-in-bucket');
  }),
  red('replicator that is frozen but alive', ['objectives'], (evidence) => {
    Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [20_000, 18_000, 16_000] });
  }),
  red('uploaded write of the last second that no restore gives back', ['objectives'], (evidence) => {
    evidence.scenario.objectives.push({ expression: 'unreachableWrites == 0', line: 13 });
    const lostAt = { wal: 1, staged: 0, unreachable: 1, nowhere: 0, unclear: 0 };
    Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [800, 200], lostAt });
  }),
  red('supervisor that warns of a full disk when writes are refused already', ['objectives'], (evidence) => {
    const [firstRefusedUs, freedUs] = [KILL_US - 20_000_000, KILL_US - 9_000_000];
    evidence.scenario.objectives.push({ expression: 'spaceAlarmLeadMs > 0', line: 13 });
    evidence.spaceAlarm = {
      isTold: true,
      raisedUs: firstRefusedUs + 40_000,
      firstRefusedUs,
      freedUs,
      clearedUs: freedUs + 250_000,
    };
  }),
  red('supervisor that is late to tell of a bucket that refuses the host', ['objectives'], (evidence) => {
    refused(evidence, { wasClear: true, raisedUs: KILL_US - 4_000_000 });
  }),
  red('supervisor that never tells of a bucket that refuses the host', ['objectives'], (evidence) => {
    refused(evidence, { wasClear: true, raisedUs: null });
  }),
  red('supervisor that takes longer to end than it may', ['objectives'], ({ scenario, faults }) => {
    scenario.objectives.push({ expression: 'orderedStopMs < 15000', line: 13 });
    const stop = { exitCode: 0, signal: null };
    const orderedStops = [
      { ...stop, tookMs: 15_001 },
      { ...stop, tookMs: 80 },
    ];
    faults.push({ id: 'ended', engaged: true, count: 2, orderedStops });
  }),
  red('replication that holds more memory than it may', ['objectives'], (evidence) => {
    evidence.scenario.objectives.push({ expression: 'subjectRssMb < 800', line: 13 });
    evidence.subjectUse = { looks: 40, longestGapMs: 1100, rssBytes: 800 * 2 ** 20, openFiles: 700 };
  }),
  red('replication that leaks descriptors', ['objectives'], (evidence) => {
    evidence.scenario.objectives.push({ expression: 'subjectOpenFiles < 700', line: 13 });
    evidence.subjectUse = { looks: 40, longestGapMs: 1100, rssBytes: 2 ** 20, openFiles: 700 };
  }),
  red('upload after the kill', ['no-late-uploads'], ({ lateUploads }) => {
    lateUploads.push({ atUs: KILL_US + 900_000, method: 'PUT', key: 'prod/system.db/late' });
  }),
  red('database that came back, and not from the bucket', ['clean-host'], ({ fleetFindings }) => {
    fleetFindings.push(finding('clean-host', SHOP));
  }),
  red('new host that acknowledges no write', ['second-life'], (evidence) => {
    const { second } = databaseIn(evidence, SHOP);
    if (second !== null) second.firstWriteUs = null;
  }),
  red('new host that is never protected again', ['second-life'], (evidence) => {
    const { second } = databaseIn(evidence, SHOP);
    if (second !== null) second.protectedUs = null;
  }),
  red('second restore without the second life', ['second-life'], (evidence) => {
    const verified = databaseIn(evidence, SHOP).second?.verified;
    if (verified != null) verified.recoveryPoint = 100;
  }),
  atInstant('restore to an instant that ends with 1', (probe) => spoil(probe, 'failed')),
  atInstant('restore to an instant that ends with 0 and leaves no file', (probe) => spoil(probe, 'no-file')),
  atInstant('restore to an instant that hangs', (probe) => spoil(probe, 'timeout')),
  atInstant('restore to an instant whose file the recovery refuses', (probe) => spoil(probe, 'unsound')),
  atInstant('restore to an instant with a write from after it', ({ seen }) => {
    Object.assign(seen ?? {}, { recoveryPoint: 61, newest: 61, lostAgesMs: [] });
  }),
  atInstant('restore to an instant that is too old for what had been uploaded', ({ seen }) => {
    Object.assign(seen ?? {}, { recoveryPoint: 57, newest: 57, lostAgesMs: [800, 700, 0] });
  }),
  atInstant('restore to an instant that gives pages of two states', ({ seen, path }) => {
    seen?.findings.push(finding('contiguity', path, 2));
  }),
  atInstant("restore to an instant that gives another tenant's database", ({ seen, path }) => {
    seen?.findings.push(finding('identity', path));
  }),
  inRehearsal('rehearsed restore that is short, with exit code 0', ({ seen }) => {
    Object.assign(seen ?? {}, { recoveryPoint: 57, newest: 57 });
  }),
  inRehearsal('rehearsed restore that gives pages of two states', ({ seen, path }) => {
    seen?.findings.push(finding('content', path, 2));
  }),
  inRehearsal('rehearsed restore that leaves no file, with exit code 0', (restored, { databases }) => {
    databases.push(structuredClone(restored));
    spoil(restored, 'no-file');
  }),
  inRehearsal(
    'rehearsed restore whose file the recovery refuses, with exit code 0',
    (restored, { databases }) => {
      databases.push(structuredClone(restored));
      spoil(restored, 'unsound');
    },
  ),
  {
    ...red('negative control that nothing catches', [], ({ scenario }) => {
      Object.assign(scenario, { expect: 'fail', mustFail: ['identity'] });
    }),
    failureClass: 'harness',
  },
];

/** What can go wrong with the rig. None of it may ever be a pass, nor a failure of the subject. */
export const RIG_FAULTS: readonly PlantedEvidence[] = [
  open('harness', 'ledger that is not the one that was sealed', (evidence) =>
    rigFailed(evidence, 'DRILL_E_LEDGER_DAMAGED', 'the ledger is not the one that was sealed at the kill'),
  ),
  open('store', 'store that dies during the restore', (evidence) =>
    rigFailed(evidence, 'DRILL_E_STORE_UNREACHABLE', 'the embedded store ended with SIGKILL'),
  ),
  open('environment', 'disk that is full', (evidence) =>
    rigFailed(evidence, 'DRILL_E_DISK_SPACE', 'the machine could not give what the drill needed: ENOSPC'),
  ),
  open('store', 'clock of the store that is off', (evidence) =>
    rigFailed(evidence, 'DRILL_E_STORE_REFUSED', 'the clocks are 20 minutes apart'),
  ),
  open('environment', 'drill that did not end in time', (evidence) =>
    rigFailed(evidence, 'DRILL_E_TIMEOUT', 'the drill did not end within its time limit'),
  ),
  open('harness', 'bug of the harness', (evidence) =>
    rigFailed(evidence, HARNESS_BUG, 'x is not a function'),
  ),
  open('harness', 'writer that died by itself', (evidence) =>
    rigFailed(evidence, 'DRILL_E_WRITER_FAILED', 'writer-0 ended before the kill: SIGKILL'),
  ),
  open('harness', 'host that was never killed (the harness died first)', (evidence) => {
    evidence.kill = null;
  }),
  open('harness', 'kill that met no process', (evidence) => {
    if (evidence.kill !== null) evidence.kill.killed = [];
  }),
  open('environment', 'process of the host that outlived the kill', ({ kill }) => {
    kill?.survivors.push({ pid: 7, command: 'litestream replicate' });
  }),
  open('environment', 'no write acknowledged', ({ databases }) => {
    for (const database of databases) database.acknowledged = 0;
  }),
  open('environment', 'less than half of the planned writes', (evidence) => {
    evidence.plannedWrites = 601;
  }),
  open(
    'environment',
    'machine whose processors others have taken, and a loss that is only late',
    (evidence) => {
      const lostAt = { wal: 3, staged: 0, unreachable: 0, nowhere: 0, unclear: 0 };
      Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [20_000, 18_000, 16_000], lostAt });
      evidence.processors = [{ phase: 'load', idle: 0.02, others: 0.84 }];
    },
    ['objectives'],
  ),
  open('harness', 'database of the fleet of which there is no record', ({ databases }) => {
    databases.splice(0, 1);
  }),
  open('harness', 'verified database of whose restore there is no record', (evidence) => {
    const database = databaseIn(evidence, SHOP);
    Object.assign(database, { restore: null, lostWriteAgesMs: [39_000] });
    if (database.verified !== null) database.verified.recoveryPoint = 99;
  }),
  open('harness', 'alarm of a full disk that had not ended at the kill', (evidence) => {
    const [raisedUs, freedUs] = [KILL_US - 20_000_000, KILL_US - 9_000_000];
    evidence.scenario.objectives.push({ expression: 'spaceAlarmEndMs < 10000', line: 13 });
    evidence.spaceAlarm = {
      isTold: true,
      raisedUs,
      firstRefusedUs: raisedUs + 900_000,
      freedUs,
      clearedUs: null,
    };
  }),
  open('harness', 'refusal of which no alarm was owed before the kill', (evidence) => {
    refused(evidence, { wasClear: true, raisedUs: null, lastRefusedUs: KILL_US - 14_000_000 });
  }),
  open('harness', 'error of the bucket that was told before the host was refused', (evidence) => {
    refused(evidence, { wasClear: false, raisedUs: null });
  }),
  open('harness', 'replication of which nobody saw how much memory it held', (evidence) => {
    evidence.scenario.objectives.push({ expression: 'subjectRssMb < 800', line: 13 });
    evidence.subjectUse = { looks: 0, longestGapMs: 900, rssBytes: null, openFiles: null };
  }),
  open('harness', 'replication that nobody looked at for too long', (evidence) => {
    evidence.scenario.objectives.push({ expression: 'subjectOpenFiles < 700', line: 13 });
    evidence.subjectUse = { looks: 3, longestGapMs: 20_000, rssBytes: 2 ** 20, openFiles: 60 };
  }),
  open('harness', 'fault that never engaged', ({ faults }) => {
    faults.push({ id: 'hole', engaged: false, count: 0 });
  }),
  open(
    'harness',
    'database made anew within the RPO and gone, where nobody knows what was promised before',
    (evidence) => {
      Object.assign(young(evidence, 1500), { epoch: 2 });
      notRestored(evidence, SHOP, 'failed');
    },
  ),
  open('harness', 'check that threw', ({ thrown }) => {
    thrown.push({ check: 'blobs', database: null, error: 'boom' });
  }),
  open('harness', 'check that did not run on one database', (evidence) => {
    databaseIn(evidence, SHOP).verified?.checksRun.splice(3, 1);
  }),
  open('harness', 'database that nobody verified', (evidence) => {
    databaseIn(evidence, REALM).verified = null;
  }),
  open('harness', 'instant that was not restored', (evidence) => {
    withInstant(evidence, () => undefined);
    Object.assign(evidence.scenario, { instants: 2 });
  }),
  open('harness', 'restored instant that could not be read', (evidence) =>
    withInstant(evidence, ({ seen }) => unread(seen)),
  ),
  open('harness', 'rehearsed restore that could not be read', (evidence) =>
    withRehearsal(evidence, ({ seen }) => unread(seen)),
  ),
  open('harness', 'second restore that could not be read', (evidence) => {
    const { second, verified: first } = databaseIn(evidence, SHOP);
    if (second?.verified == null || first === null) throw new Error('no second restore');
    Object.assign(second.verified, {
      recoveryPoint: first.recoveryPoint,
      checksRun: [],
      thrown: [BOOM],
    });
  }),
  open('harness', 'instant of which nobody can tell what had been uploaded', (evidence) =>
    withInstant(evidence, (probe) => {
      probe.uploaded = null;
    }),
  ),
  open('harness', 'wall clock that was set during the drill', (evidence) => {
    withInstant(evidence, () => undefined);
    Object.assign(evidence.instants ?? {}, { clockStepMs: 11 });
  }),
  open('harness', 'rehearsed restore that did not end', (evidence) => {
    withRehearsal(evidence, () => undefined);
    Object.assign(evidence.rehearsal ?? {}, { endedUs: null });
  }),
  open('harness', 'rehearsed restore that gave nothing back', (evidence) =>
    withRehearsal(evidence, (restored) => {
      restored.seen = null;
    }),
  ),
  open('harness', 'rehearsed restore that hangs', (evidence) =>
    withRehearsal(evidence, (restored, { databases }) => {
      databases.push(structuredClone(restored));
      spoil(restored, 'timeout');
    }),
  ),
  open('harness', 'rehearsed restore of which nobody can tell what it had to find', (evidence) =>
    withRehearsal(evidence, (restored) => {
      restored.uploaded = null;
    }),
  ),
  open('harness', 'rehearsed restore that did not take place', ({ scenario }) => {
    scenario.rehearsal = true;
  }),
  open('harness', 'request log with a piece missing', (evidence) => {
    evidence.requestLogComplete = false;
  }),
  open('harness', 'lost writes that are not in the list of lost writes', (evidence) => {
    databaseIn(evidence, SHOP).acknowledged = 101;
  }),
  open('harness', 'objective without a measurement', ({ recovery }) => {
    recovery.firstWritesUs = null;
  }),
  open(
    'harness',
    'ledger damaged, and rows missing because of it',
    (evidence) => {
      rigFailed(evidence, 'DRILL_E_LEDGER_DAMAGED', 'line 7 is cut off');
      databaseIn(evidence, SHOP).verified?.findings.push(finding('row-counts', SHOP, 9));
    },
    ['row-counts'],
  ),
];

function red(name: string, failed: readonly CheckId[], plant: PlantedEvidence['plant']): PlantedEvidence {
  return { name, plant, verdict: 'fail', failed, failureClass: 'subject' };
}

const BOOM = { check: 'content', database: SHOP, error: 'boom' } as const;

/** As the verification leaves what it could not look at: nothing lost, nothing found, and the beginning for a point. */
function unread(seen: InstantEvidence['seen']): void {
  Object.assign(seen ?? {}, { recoveryPoint: 0, newest: 0, lostAgesMs: [], findings: [], thrown: [BOOM] });
}

/** One restore to an instant in a good drill, with this wrong about it. */
function atInstant(name: string, plant: (probe: InstantEvidence) => void): PlantedEvidence {
  return red(name, ['point-in-time'], (evidence) => withInstant(evidence, plant));
}

function withInstant(evidence: Evidence, plant: (probe: InstantEvidence) => void): void {
  const probe = restoredToInstant(evidence, SHOP);
  plant(probe);
  Object.assign(evidence.scenario, { instants: 1 });
  evidence.instants = { fromUs: KILL_US - 30_000_000, storeStepMs: 1, clockStepMs: 0, probes: [probe] };
}

type Rehearsed = RehearsalEvidence['databases'][number];

/** One database of a rehearsed restore in a good drill, with this wrong about it. */
function inRehearsal(
  name: string,
  plant: (restored: Rehearsed, made: RehearsalEvidence) => void,
): PlantedEvidence {
  return red(name, ['rehearsal'], (evidence) => withRehearsal(evidence, plant));
}

function withRehearsal(
  evidence: Evidence,
  plant: (restored: Rehearsed, made: RehearsalEvidence) => void,
): void {
  const restored = restoredInRehearsal(evidence, SHOP);
  Object.assign(evidence.scenario, { rehearsal: true });
  const [beganUs, endedUs] = [KILL_US - 30_000_000, KILL_US - 20_000_000];
  evidence.rehearsal = { beganUs, endedUs, removals: 7, databases: [restored] };
  plant(restored, evidence.rehearsal);
}

function spoil(
  probe: Pick<InstantEvidence, 'restore' | 'seen'>,
  outcome: InstantEvidence['restore']['outcome'],
): void {
  Object.assign(probe, { restore: { ...probe.restore, outcome, bytes: 0 }, seen: null });
}

function open(
  failureClass: FailureClass,
  name: string,
  plant: PlantedEvidence['plant'],
  failed: readonly CheckId[] = [],
): PlantedEvidence {
  return { name, plant, verdict: 'inconclusive', failed, failureClass };
}

/** A host whose bucket refuses it for its last fifteen seconds, and ten to tell of it. */
function refused(evidence: Evidence, seen: Pick<Alarm, 'wasClear' | 'raisedUs'> & Partial<Alarm>): void {
  evidence.scenario.objectives.push({ expression: 'storeAlarmMs < 10000', line: 13 });
  evidence.storeAlarm = {
    firstRefusedUs: KILL_US - 15_000_000,
    lastRefusedUs: KILL_US - 100_000,
    ...seen,
  };
}

type Alarm = NonNullable<Evidence['storeAlarm']>;

function rigFailed({ harnessFaults }: Evidence, code: string, message: string): void {
  harnessFaults.push({ code, phase: 'verify', message });
}

/** An app so old at the kill, with two writes. */
function young(evidence: Evidence, ageMs: number): Evidence['databases'][number] {
  return Object.assign(databaseIn(evidence, SHOP), {
    createdUs: KILL_US - ageMs * 1000,
    protectedUs: null,
    claimedProtected: null,
    acknowledged: 1,
    lostWriteAgesMs: [ageMs, ageMs - 1],
  });
}
