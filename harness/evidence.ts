import { z } from 'zod';

/**
 * What a run records: facts only, no verdict. The judge sees this and nothing else, and judging the same
 * evidence again gives the same bytes. Instants (`…Us`) are monotonic microseconds; durations say their unit.
 */

export const CHECK_IDS = [
  'inventory',
  'clean-host',
  'identity',
  'integrity',
  'foreign-keys',
  'schema',
  'contiguity',
  'no-phantoms',
  'row-counts',
  'content',
  'invariants',
  'blobs',
  'no-late-uploads',
  'second-life',
  'hooks',
  'point-in-time',
  'rehearsal',
  'objectives',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];
export const checkIdSchema = z.enum(CHECK_IDS);

/** Id of a check that a scenario brings itself. */
export const ownCheckIdSchema = z.templateLiteral(['own:', z.string().regex(/[a-z0-9]+(-[a-z0-9]+)*/)]);
export type OwnCheckId = z.infer<typeof ownCheckIdSchema>;
export const anyCheckIdSchema = z.union([checkIdSchema, ownCheckIdSchema]);
export type AnyCheckId = z.infer<typeof anyCheckIdSchema>;

/** Checks that look at one restored database at a time. The others look at the fleet or at the run. */
export const DATABASE_CHECK_IDS = [
  'identity',
  'integrity',
  'foreign-keys',
  'schema',
  'contiguity',
  'no-phantoms',
  'row-counts',
  'content',
] as const satisfies readonly CheckId[];

/** Code of a harness fault that is a bug of the harness itself: it makes the exit code 4. */
export const HARNESS_BUG = 'DRILL_E_BUG';

/** One thing that is not as it should be. `count` is the exact number of rows, writes or objects concerned. */
const findingSchema = z.strictObject({
  check: checkIdSchema,
  /** Database path relative to data_dir; null: the fleet or the run. */
  database: z.string().nullable(),
  expected: z.string(),
  actual: z.string(),
  detail: z.string(),
  count: z.number().int().min(1),
  /**
   * Age at the kill, in ms, of the acknowledged write whose independent loss fully explains this finding (torn
   * state across files that recover independently). null: nothing explains it, it is a defect whatever the RPO.
   */
  explainedByLossAgeMs: z.number().nullable(),
  /** Whose promise bounds that age: the blobs' own; left out: the databases'. */
  promise: z.literal('blobs').optional(),
});
export type Finding = z.infer<typeof findingSchema>;

/** A check that threw: inconclusive, never pass. */
const thrownSchema = z.strictObject({
  check: checkIdSchema,
  database: z.string().nullable(),
  error: z.string(),
});

const phaseSpanSchema = z.strictObject({
  phase: z.string(),
  startUs: z.number(),
  endUs: z.number(),
});

const RESTORE_OUTCOMES = [
  'restored', // a file is there and passed the recovery's own soundness check
  'unsound', // a file came back and the recovery itself refused it (quarantined)
  'failed', // litestream restore exited non-zero
  'timeout', // the hard timeout ended it
  'no-file', // exit 0 without a file, or an empty one
  'not-in-bucket', // registered in its parent, no replica found
  'not-registered', // in the bucket, but no restored parent knows it: deleted, or its registration was lost
  'not-attempted', // the recovery ended before it
] as const;
const restoreOutcomeSchema = z.enum(RESTORE_OUTCOMES);
export type RestoreOutcome = z.infer<typeof restoreOutcomeSchema>;

const restoreRecordSchema = z.strictObject({
  path: z.string(),
  outcome: restoreOutcomeSchema,
  exitCode: z.number().int().nullable(),
  startUs: z.number(),
  endUs: z.number(),
  bytes: z.number().int(),
  /** Tail of stderr, or the reason. One line. */
  detail: z.string(),
  /** Which layout of the replica was read; absent where that is not known, and in older evidence. */
  format: z.enum(['generations', 'ltx']).optional(),
  /** Key below the prefix that it was restored from; absent where that is the path. */
  place: z.string().optional(),
});
export type RestoreRecord = z.infer<typeof restoreRecordSchema>;

/** What the verifier read from one restored database, held against the ledger. */
const verifiedSchema = z.strictObject({
  startUs: z.number(),
  endUs: z.number(),
  /** Largest k such that writes 1..k are all in the restored database. */
  recoveryPoint: z.number().int(),
  /** Instant at which the write at the recovery point was acknowledged; null at seq 0. */
  recoveryPointAckUs: z.number().nullable(),
  rowsExpected: z.number().int(),
  rowsRestored: z.number().int(),
  checksRun: z.array(checkIdSchema),
  findings: z.array(findingSchema),
  thrown: z.array(thrownSchema),
});
export type Verified = z.infer<typeof verifiedSchema>;

/**
 * How many lost writes were where at the kill.
 * - wal: on the host's disk alone; Litestream had not taken them up
 * - staged: in Litestream's own files beside the database, and not yet uploaded
 * - unreachable: within what had been uploaded, and the restore does not reach them: a gap
 * - nowhere: not even on the host's disk
 * - unclear: the files do not tell
 */
export const lostAtSchema = z.strictObject({
  wal: z.number().int(),
  staged: z.number().int(),
  unreachable: z.number().int(),
  nowhere: z.number().int(),
  unclear: z.number().int(),
});
export type LostAt = z.infer<typeof lostAtSchema>;

const databaseEvidenceSchema = z.strictObject({
  path: z.string(),
  kind: z.enum(['system', 'realm', 'app']),
  epoch: z.number().int(),
  /** Instant of file creation; for a seeded database the start of the host, when it began to need protection. */
  createdUs: z.number(),
  /** Instant at which the application had removed it, null while it lives. */
  deletedUs: z.number().nullable(),
  acknowledged: z.number().int(),
  refused: z.number().int(),
  unknown: z.number().int(),
  lastAckUs: z.number().nullable(),
  /** Instant at which the harness saw in the bucket that it was protected; null: never. */
  protectedUs: z.number().nullable(),
  /** What the supervisor claimed at the kill, from its status file; null: it claims nothing. */
  claimedProtected: z.boolean().nullable(),
  restore: restoreRecordSchema.nullable(),
  verified: verifiedSchema.nullable(),
  /** Ages at the kill (ms) of every acknowledged write that is not in the restored database, oldest first. */
  lostWriteAgesMs: z.array(z.number()),
  /** Where those writes were at the kill; absent: nobody looked. */
  lostAt: lostAtSchema.optional(),
  /** Second life: the new host's first acknowledged write, its protection, and the second restore. */
  second: z
    .strictObject({
      firstWriteUs: z.number().nullable(),
      protectedUs: z.number().nullable(),
      restore: restoreRecordSchema.nullable(),
      verified: verifiedSchema.nullable(),
    })
    .nullable(),
});
export type DatabaseEvidence = z.infer<typeof databaseEvidenceSchema>;

/** Requests of one kind. `refused`: answered with 4xx; `failed`: with 5xx, or the client was gone. */
export const storeRequestsSchema = z.strictObject({
  role: z.string(),
  method: z.string(),
  count: z.number().int(),
  refused: z.number().int(),
  failed: z.number().int(),
  /** Of all, those that a declared fault met, whatever became of them; absent: none. */
  faulted: z.number().int().optional(),
  /** Bytes of the requests' bodies: what was uploaded. */
  bytes: z.number().int(),
});
export type StoreRequests = z.infer<typeof storeRequestsSchema>;
/** What lay in the bucket when the host was dead and everything that it had sent was in. */
const bucketContentsSchema = z.strictObject({
  /** Key prefix that the fleet was told to use. */
  prefix: z.string(),
  /** Looked at: the whole bucket, or the prefix alone where the bucket is not the drill's own. */
  looked: z.enum(['bucket', 'prefix']),
  objects: z.number().int(),
  /** Every replica of Litestream: the key that its objects lie below, and how many there are. Sorted by key. */
  replicas: z.array(z.strictObject({ at: z.string(), objects: z.number().int() })),
});
export type BucketContents = z.infer<typeof bucketContentsSchema>;

/** The documented page, followed to the letter: every command and what came of it. */
const runbookEvidenceSchema = z.strictObject({
  bucket: z.string(),
  /** What the operator set as AWS_ENDPOINT_URL_S3; null: AWS itself. */
  endpoint: z.string().nullable(),
  commands: z.array(
    z.strictObject({
      /** Step of the page's "Restoring", 1 to 5. */
      step: z.number().int(),
      /** How the command differs from the page; null: exactly as there. */
      beyondPage: z.enum(['endpoint-by-address', 'endpoint-in-url']).nullable(),
      command: z.string(),
      /** Database that it is for, null where it is for none. */
      database: z.string().nullable(),
      exitCode: z.number().int().nullable(),
      timedOut: z.boolean(),
      /** Hosts that it asked; the outside is fenced off, and what is refused there is noted. */
      asked: z.array(
        z.strictObject({ host: z.string(), answer: z.enum(['passed on', 'refused', 'no such host']) }),
      ),
      /** Size of the database file that it had to make; null: none is there. */
      sizeBytes: z.number().int().nullable(),
      unsound: z.string().nullable(),
      /** Files that it left beside the database. */
      litter: z.array(z.string()),
      /** Databases that a starting RustBaas would not find. */
      missing: z.array(z.string()),
      /** Last line that it wrote. */
      words: z.string(),
      durationMs: z.number(),
    }),
  ),
});
export type RunbookEvidence = z.infer<typeof runbookEvidenceSchema>;

/** A host that went live on the prefix of the first one while that one lived. */
export const secondHostSchema = z.strictObject({
  /** When it began to restore, after the start of the load. */
  atMs: z.number(),
  databases: z.number().int(),
  acknowledged: z.number().int(),
  /** What had become of its supervisor at the disaster: `it runs`, or how it had ended, with its last words. */
  supervisor: z.string(),
});

/** A disaster that waits for databases under write to be without an upload, and comes at the end of the load anyway. */
export const loadEndSchema = z.strictObject({
  by: z.enum(['stall', 'schedule']),
  /** What was waited for: so many databases, each so long without an upload. */
  wanted: z.number().int(),
  stalledForMs: z.number(),
  /** The most that were seen so at one time. */
  mostStalled: z.number().int(),
});

/** What the supervisor said of a disk that became full, as its status file tells an operator. */
export const spaceAlarmSchema = z.strictObject({
  /** The file could be read at least once meanwhile. */
  isTold: z.boolean(),
  /** First seen raised; null: not before there was space again. */
  raisedUs: z.number().nullable(),
  /** The first write that was refused for lack of space; null: none was. */
  firstRefusedUs: z.number().nullable(),
  /** There was space again; null: not before the kill. */
  freedUs: z.number().nullable(),
  /** First seen down again after that. */
  clearedUs: z.number().nullable(),
});

/** Something that was broken on purpose, and whether it was seen to take effect. */
export const faultRecordSchema = z.strictObject({
  id: z.string(),
  engaged: z.boolean(),
  count: z.number().int(),
  /**
   * For a fault of the store that was over before the kill: how long after its end the host had uploaded of every database
   * under write again; null: not before the kill.
   */
  uploadsAgainMs: z.number().nullable().optional(),
  /** When the scenario has it strike, in ms after the start of a phase; absent: it has a phase of its own, or lasts all the time. */
  window: z
    .strictObject({ phase: z.enum(['load', 'restore']), fromMs: z.number(), toMs: z.number() })
    .optional(),
});

/** What a check of the scenario's own came to. One that did not answer is in none of them: it did not run. */
export const ownCheckSchema = z.strictObject({
  name: z.string(),
  /** Restored databases that it was offered, and those that it opened. */
  offered: z.number().int(),
  opened: z.number().int(),
  durationMs: z.number(),
  findings: z.array(
    z.strictObject({
      database: z.string().nullable(),
      expected: z.string(),
      actual: z.string(),
      detail: z.string(),
      count: z.number().int().min(1),
    }),
  ),
  /** Why it has no answer: it threw, took too long, or answered something else than findings. */
  error: z.string().nullable(),
});
export type OwnCheckRecord = z.infer<typeof ownCheckSchema>;

const processSchema = z.strictObject({ pid: z.number().int(), command: z.string() });

/** SIGKILL of a whole host, and who was found then. */
const killSchema = z.strictObject({
  /** Just before the signal was sent: the instant of the disaster. */
  atUs: z.number(),
  /** No process of the host was left. */
  confirmedUs: z.number(),
  killed: z.array(processSchema),
  /** Processes that had left the process group; found, killed and named. */
  escaped: z.array(processSchema),
  /** Processes that could not be ended. Must be empty. */
  survivors: z.array(processSchema),
});

/** The store of a drill. All but the first two were not recorded from the beginning. */
export const storeSchema = z.strictObject({
  kind: z.enum(['minio', 'embedded', 'external']),
  version: z.string(),
  /** Who really answered: the resolved URL, and the address of the other end of the connection. */
  endpoint: z.string().optional(),
  address: z.string().optional(),
  /** Our clock minus the store's, to the second. */
  clockSkewMs: z.number().optional(),
  /** Whether it refuses a put with `If-None-Match: *` where an object already is. */
  conditionalPut: z.boolean().optional(),
});

/** What is in a file that was restored beside the recovery itself. */
const restoredFileSchema = z.strictObject({
  /** Largest k such that writes 1..k are all in it. */
  recoveryPoint: z.number().int(),
  /** The latest write of which something is in it. */
  newest: z.number().int(),
  /** How long after the instant that write was made, at least; 0: at or before it. */
  newerByMs: z.number(),
  /** Ages at the instant (ms) of every write that was acknowledged by then and is not in it, oldest first. */
  lostAgesMs: z.array(z.number()),
  findings: z.array(findingSchema),
  thrown: z.array(thrownSchema),
});
export type RestoredFile = z.infer<typeof restoredFileSchema>;

/** One restore of one database to an instant at which a write of it had just been acknowledged. */
const instantSchema = z.strictObject({
  path: z.string(),
  /** The write that was acknowledged then: this one and those before it may be there, and none after it. */
  seq: z.number().int(),
  /** When it was acknowledged. */
  atUs: z.number(),
  /** What the restore was asked for: the same instant on the wall clock, cut to milliseconds. */
  timestamp: z.string(),
  restore: restoreRecordSchema,
  /** Last write that was in an object which counts at that instant; null: the bucket does not tell. */
  uploaded: z.number().int().nullable(),
  /** What is in the file; null: there is none. */
  seen: restoredFileSchema.nullable(),
});
export type InstantEvidence = z.infer<typeof instantSchema>;

/** A restore of the whole fleet on another host while the first one lived, from the prefix that it goes on writing to. */
const rehearsalSchema = z.strictObject({
  beganUs: z.number(),
  /** null: it had not ended when the host died. */
  endedUs: z.number().nullable(),
  /** Objects of the prefix that the host asked to be deleted meanwhile, in so many requests. */
  removals: z.number().int(),
  databases: z.array(
    z.strictObject({
      path: z.string(),
      restore: restoreRecordSchema,
      /** Last write that was in the bucket when it began; null: the bucket did not tell. */
      uploaded: z.number().int().nullable(),
      /** null: there is no file. */
      seen: restoredFileSchema.nullable(),
    }),
  ),
});
export type RehearsalEvidence = z.infer<typeof rehearsalSchema>;

/** Restores to instants of the first life, one database each. */
const instantsSchema = z.strictObject({
  /** They were drawn from here, or from where the database was protected if that came later, to the kill. */
  fromUs: z.number(),
  /** The store tells its times so exactly: 0.3 goes by them. */
  storeStepMs: z.number(),
  /** How far the wall clock went apart from the monotonic one since the load began. */
  clockStepMs: z.number(),
  probes: z.array(instantSchema),
});

export const evidenceSchema = z.strictObject({
  schemaVersion: z.literal(1),
  drillId: z.string(),
  scenario: z.strictObject({
    id: z.string(),
    title: z.string(),
    tier: z.string(),
    expect: z.enum(['pass', 'fail']),
    file: z.string(),
    replicateIntervalSec: z.number(),
    /** Whether the drill boots a new host and restores a second time. */
    secondLife: z.boolean(),
    objectives: z.array(z.strictObject({ expression: z.string(), line: z.number().int() })),
    /** Checks that must fail for an `expect: fail` scenario to pass. */
    mustFail: z.array(anyCheckIdSchema),
    /** Objectives that must be broken, and that must be kept, for it to pass; absent: none is named. */
    mustBreak: z.array(z.string()).optional(),
    mustHold: z.array(z.string()).optional(),
    /** Whether a restore is rehearsed while the host lives; absent: it is not. */
    rehearsal: z.boolean().optional(),
    /** How many restores to an instant the scenario wants; absent: none. */
    instants: z.number().int().optional(),
    /** Names of the checks that the scenario brings itself; absent: none. */
    ownChecks: z.array(z.string()).optional(),
  }),
  seed: z.number().int(),
  /** SHA-256 of the plan and of every database's baseline digests: the same seed gives the same two. */
  planDigest: z.string(),
  fleetDigest: z.string(),
  tool: z.strictObject({ version: z.string() }),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  startedAt: z.string(),
  startUs: z.number(),
  endUs: z.number(),
  subject: z.strictObject({
    supervisor: z.string(),
    litestream: z.strictObject({ version: z.string(), sha256: z.string(), sqlite: z.string() }),
    /** What took its place under the living fleet, in order; absent: nothing did. */
    upgrades: z
      .array(
        z.strictObject({ atMs: z.number(), version: z.string(), sha256: z.string(), sqlite: z.string() }),
      )
      .optional(),
  }),
  store: storeSchema,
  fleet: z.strictObject({
    databases: z.number().int(),
    realms: z.number().int(),
    apps: z.number().int(),
    rows: z.number().int(),
    bytes: z.number().int(),
  }),
  timeline: z.array(phaseSpanSchema),
  kill: killSchema
    .extend({
      /** Latest instant at which an upload already under way at the kill may still arrive. */
      uploadsSettledUs: z.number(),
    })
    .nullable(),
  /** The end of the new host, which closes the second life; absent: it did not come so far, or was not noted. */
  secondKill: killSchema.optional(),
  /** Absent: it was not looked at. */
  bucket: bucketContentsSchema.optional(),
  /** Writes to the store after `uploadsSettledUs` by anybody but the new host, which has a credential of its own. */
  lateUploads: z.array(z.strictObject({ atUs: z.number(), method: z.string(), key: z.string() })),
  /** Whether the request log could be read to its end: without it late uploads cannot be judged. */
  requestLogComplete: z.boolean(),
  /**
   * By which means late uploads were looked for; absent: by the request log. `listing`: by comparing listings at both
   * ends of `uploadWindows`; `requestLogComplete` then says whether they could all be made.
   */
  uploadWatch: z.enum(['request-log', 'listing']).optional(),
  uploadWindows: z.array(z.strictObject({ fromUs: z.number(), toUs: z.number() })).optional(),
  /** Writes that the open-loop schedule wanted begun before the kill. */
  plannedWrites: z.number().int(),
  /** Latencies from the schedule's due instant to the acknowledgement. */
  writeLatencyMs: z
    .strictObject({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
    .nullable(),
  /** Cost of the clock readings on which RPO rests, upper bound in ms. */
  clockUncertaintyMs: z.number(),
  /** Instants of the recovery, null where it did not come so far. */
  recovery: z.strictObject({
    detectedUs: z.number().nullable(),
    provisionedUs: z.number().nullable(),
    discoveredUs: z.number().nullable(),
    firstDatabaseUs: z.number().nullable(),
    restoredUs: z.number().nullable(),
    verifiedUs: z.number().nullable(),
    bootedUs: z.number().nullable(),
    firstWritesUs: z.number().nullable(),
    protectedAgainUs: z.number().nullable(),
    parallelism: z.number().int(),
  }),
  databases: z.array(databaseEvidenceSchema),
  /** What ended the load, where the disaster was to wait for a stall of the uploads; absent: it was not. */
  loadEnd: loadEndSchema.optional(),
  /** Absent: the disk was never made full. */
  spaceAlarm: spaceAlarmSchema.optional(),
  /** How many writes were acknowledged in each span of `spanUs`, up to the kill. */
  acknowledgements: z
    .strictObject({ fromUs: z.number(), spanUs: z.number(), counts: z.array(z.number().int()) })
    .optional(),
  /** What the store was asked for, by whom and how often; absent where no request log can be kept. */
  storeRequests: z.array(storeRequestsSchema).optional(),
  /** What the host alone asked the store for under load, by method; what a declared fault kept from it is left out. */
  loadRequests: z
    .strictObject({ spanMs: z.number(), counts: z.record(z.string(), z.number().int()) })
    .optional(),
  /** Absent: there was none. */
  rehearsal: rehearsalSchema.optional(),
  /** Absent: no instant was restored. */
  instants: instantsSchema.optional(),
  /** Absent: the page was not followed. */
  runbook: runbookEvidenceSchema.optional(),
  /** File blobs, which Litestream does not replicate; left out: they were not looked at. */
  blobs: z
    .strictObject({
      backend: z.enum(['local', 's3']),
      /** Interval of the operator's mirror, and how far it was behind at the kill; null: there is none. */
      mirrorIntervalSec: z.number().nullable(),
      mirrorBehindMs: z.number().nullable(),
      /** Blobs whose upload was acknowledged, and that had to come back: seeded ones too. */
      expected: z.number().int(),
      /** Uploads that were acknowledged during the load. */
      acknowledgedUploads: z.number().int(),
      /** Ages at the kill (ms) of the expected blobs that are missing or other than uploaded, oldest first. */
      lostAgesMs: z.array(z.number()),
    })
    .optional(),
  /** Hooks, which come back from version control; left out: no app has any. */
  hooks: z
    .strictObject({
      /** Hooks in version control. */
      committed: z.number().int(),
      /** Hooks saved live during the load, each time counted. */
      acknowledgedEdits: z.number().int(),
      /** Of these, the ones that did not come back: nobody had committed them. */
      lostEdits: z.number().int(),
      /** Hooks that came back other than they were live; the first few by name. */
      drifted: z.array(z.string()),
    })
    .optional(),
  /** Absent: there was none. */
  secondHost: secondHostSchema.optional(),
  /** Absent: the scenario brings none, or the drill did not come so far. */
  ownChecks: z.array(ownCheckSchema).optional(),
  /** Fleet-wide findings and which fleet-wide checks ran. */
  fleetChecksRun: z.array(checkIdSchema),
  fleetFindings: z.array(findingSchema),
  thrown: z.array(thrownSchema),
  faults: z.array(faultRecordSchema),
  /** The subject's own failures in words: "never protected", "supervisor ended with exit code 1 before the kill". */
  subjectFailures: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  /** Faults of the rig: any of them makes the drill inconclusive. */
  harnessFaults: z.array(
    z.strictObject({
      code: z.string(),
      phase: z.string(),
      message: z.string(),
      /** What to do about it; absent: what is said of every error of this code, and in older evidence. */
      fix: z.string().optional(),
    }),
  ),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** One earlier drill of the same scenario, subject and store. */
export const earlierDrillSchema = z.strictObject({
  runId: z.string(),
  startedAt: z.string(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  rpoMs: z.number().nullable(),
  rtoMs: z.number().nullable(),
});
export type EarlierDrill = z.infer<typeof earlierDrillSchema>;

/** `run.json`: what is true of the whole run. With the evidence of its drills it is all that a judgement needs. */
export const runInfoSchema = z.strictObject({
  runId: z.string(),
  seed: z.number().int(),
  repeatCommand: z.string(),
  startedAt: z.string(),
  durationMs: z.number(),
  tool: z.strictObject({ version: z.string() }),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Ids of the drills, in order. One without evidence makes the run inconclusive. */
  drills: z.array(z.string()),
  /** What reporters threw, one sentence each: with any, the run is not a pass. */
  reporterFailures: z.array(z.string()),
  /** Which part of a plan the run was, and how many drills the plan gives to it; absent: it was the whole. */
  shard: z
    .strictObject({ index: z.number().int(), count: z.number().int(), plannedDrills: z.number().int() })
    .optional(),
  /** Why the run cannot be a pass although nothing of its drills says so, one sentence each. */
  gaps: z.array(z.string()).optional(),
  /** What is worse than in the runs that it was asked to be held against, one sentence each. */
  regressions: z.array(z.string()).optional(),
  /** How drills like these went before, by drill id, the newest last: for the reports, no verdict rests on it. */
  earlier: z.record(z.string(), z.array(earlierDrillSchema)).optional(),
});
export type RunInfo = z.infer<typeof runInfoSchema>;
