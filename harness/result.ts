import { z } from 'zod';
import { anyCheckIdSchema } from './evidence/checks.ts';
import { lostAtSchema, lostRunSchema } from './evidence/database.ts';
import { loadEndSchema, faultRecordSchema, secondHostSchema } from './evidence/host.ts';
import { earlierDrillSchema } from './evidence/run-info.ts';
import { storeRequestsSchema, storeSchema } from './evidence/store.ts';
import { FAILURE_CLASSES } from './failure-classes.ts';

/** The one product of a run. Every report shows this and nothing else. Additive within a schema version. */

const verdictSchema = z.enum(['pass', 'fail', 'inconclusive']);
export type Verdict = z.infer<typeof verdictSchema>;

/** Nearest-rank percentiles over the databases that were measured; absent when none was. */
const distributionSchema = z.strictObject({
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
});
export type Distribution = z.infer<typeof distributionSchema>;

const maybe = z.number().nullable();

const measurementsSchema = z.strictObject({
  /** Age at the kill of the oldest lost acknowledged write, per database; 0 where none is lost. */
  rpoMs: distributionSchema.nullable(),
  /** Kill minus acknowledgement of the write at the recovery point; 0 where nothing is lost. */
  recoveryPointAgeMs: distributionSchema.nullable(),
  /** Kill to: every database restored and verified, and a write acknowledged in every one by the new host. */
  rtoMs: maybe,
  restoreMs: maybe,
  verifyMs: maybe,
  firstDatabaseMs: maybe,
  protectedAgainMs: maybe,
  timeToProtectionMs: distributionSchema.nullable(),
  /** Spread of the recovery points of one realm's databases on the wall clock. */
  skewMs: distributionSchema.nullable(),
  acknowledgedWrites: z.number().int(),
  lostWrites: z.number().int(),
  lostWritesBeyondRpo: z.number().int(),
  /** Databases with such a write; null: not measured, absent: no objective asks for it. */
  databasesBeyondRpo: maybe.optional(),
  /** Databases that break a check, objectives not counted; and those that were protected at the kill. As above. */
  databasesFailed: maybe.optional(),
  databasesProtected: maybe.optional(),
  /**
   * From the supervisor's alarm for lack of space to the first write that was refused for it, negative where the writes
   * came first; and from when there was space again to the end of the alarm. null: not measured, absent: no disk was full.
   */
  spaceAlarmLeadMs: maybe.optional(),
  spaceAlarmEndMs: maybe.optional(),
  /**
   * From the first request of the host that a declared fault refused with 403 to an error of the bucket in the supervisor's
   * status; up to the last such request where none was told. null: not measured, absent: nothing was refused so.
   */
  storeAlarmMs: maybe.optional(),
  /** The longest of the ends of the supervisor that SIGTERM ordered; absent: none was ordered. */
  orderedStopMs: maybe.optional(),
  /**
   * The most that supervisor and whatever it started held together under load, by a look a second: resident memory in MB as
   * `memoryMb` of a host-limit counts it (2^20 bytes), descriptors. null: not measured, absent: judged before this was.
   */
  subjectRssMb: maybe.optional(),
  subjectOpenFiles: maybe.optional(),
  /**
   * Lost writes that had been uploaded when the host died: what the store said that it has, and no restore gave back. null:
   * nobody can tell, absent: judged before this was.
   */
  unreachableWrites: maybe.optional(),
  /**
   * Databases that came back a second time, with exit code 0 and without what the new host had written. null: none came back
   * a second time, absent: there was no second life, or judged before this was.
   */
  databasesLostAgain: maybe.optional(),
  unknownWrites: z.number().int(),
  refusedWrites: z.number().int(),
  databasesRestored: z.number().int(),
  /** Restored databases by the layout that they came from: generations of Litestream 0.3, LTX files of 0.5. */
  restoredFromGenerations: maybe.optional(),
  restoredFromLtx: maybe.optional(),
  /**
   * Databases that came back with exit code 0 in a state that they never had, or that the recovery itself refused; null:
   * not measured, absent: judged before this was.
   */
  tornDatabases: maybe.optional(),
  clockUncertaintyMs: z.number(),
  /** Stages after the kill, in ms from the kill; null where the recovery did not come so far. */
  rtoStagesMs: z.record(z.string(), maybe),
  writeLatencyMs: distributionSchema.nullable(),
  /** Of the documented page's five steps, those that failed; absent: nobody followed it. */
  runbookStepsFailed: z.number().int().optional(),
  /** Age at the kill of the oldest acknowledged upload whose blob did not come back as it was; 0 where all did. */
  blobRpoMs: maybe.optional(),
  lostBlobs: maybe.optional(),
  acknowledgedUploads: maybe.optional(),
  /** Of restores to an instant: age then of the oldest acknowledged write that is not in the file; and how long each took. */
  pointInTimeRpoMs: distributionSchema.nullable().optional(),
  pointInTimeRestoreMs: distributionSchema.nullable().optional(),
  /** Hooks saved live and not back, because nobody committed them; left out where no app has hooks. */
  lostHookEdits: maybe.optional(),
  acknowledgedHookEdits: maybe.optional(),
});
export type Measurements = z.infer<typeof measurementsSchema>;

const checkResultSchema = z.strictObject({
  id: anyCheckIdSchema,
  verdict: verdictSchema,
  expected: z.string(),
  actual: z.string(),
  detail: z.string(),
  /** Of one that failed: how many faults it found, in all databases together. */
  count: z.number().int().optional(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

const objectiveResultSchema = z.strictObject({
  expression: z.string(),
  actual: maybe,
  verdict: verdictSchema,
  file: z.string(),
  line: z.number().int(),
  /** Of a negative control: what must become of this objective; absent: it may hold or break. */
  expected: z.enum(['pass', 'fail']).optional(),
});
export type ObjectiveResult = z.infer<typeof objectiveResultSchema>;

const failureSchema = z.strictObject({
  /** Whose it is; only a failure of the subject makes a drill fail. */
  class: z.enum(FAILURE_CLASSES),
  /** Stable: of the error, of the check, or of what was not measured. */
  code: z.string(),
  message: z.string(),
  /** What to do about it. */
  fix: z.string(),
});
export type DrillFailure = z.infer<typeof failureSchema>;

const databaseResultSchema = z.strictObject({
  path: z.string(),
  verdict: verdictSchema,
  rowsExpected: z.number().int(),
  rowsRestored: z.number().int(),
  recoveryPoint: z.number().int(),
  acknowledged: z.number().int(),
  lostWrites: z.number().int(),
  /** Where those were at the kill; absent: none, or not told. */
  lostAt: lostAtSchema.optional(),
  /** Which of them were where, by number; absent: none, not told, or in too many pieces. */
  lostRuns: z.array(lostRunSchema).optional(),
  /** null: not measured. */
  rpoMs: maybe,
  restoreMs: maybe,
  /** When its restore began, in ms from the kill; null: there was none. */
  restoreStartMs: maybe.optional(),
  verifyMs: maybe,
  /** When what came back began to be verified, in ms from the kill; null: it was not. */
  verifyStartMs: maybe.optional(),
  failedChecks: z.array(anyCheckIdSchema),
  /** First finding in words, or what became of it; empty when all is well. */
  detail: z.string(),
});
export type DatabaseResult = z.infer<typeof databaseResultSchema>;

const instantResultSchema = z.strictObject({
  database: z.string(),
  verdict: verdictSchema,
  /** So long before the kill. */
  beforeKillMs: z.number(),
  /** The write that had been acknowledged just then, and the one up to which the file is complete; null: no file. */
  seq: z.number().int(),
  recoveryPoint: z.number().int().nullable(),
  /** Age at the instant of the oldest acknowledged write that is not there. */
  rpoMs: maybe,
  restoreMs: z.number(),
  /** What is wrong with it; empty when all is well. */
  detail: z.string(),
});
export type InstantResult = z.infer<typeof instantResultSchema>;

const runbookStepSchema = z.strictObject({
  /** Step of the documented page, 1 to 5. */
  step: z.number().int(),
  /** How the command differs from the page; null: exactly as there. */
  beyondPage: z.enum(['endpoint-by-address', 'endpoint-in-url']).nullable(),
  command: z.string(),
  database: z.string().nullable(),
  outcome: z.enum(['works', 'fails']),
  /** Stable word for the reason of a failure. */
  cause: z
    .enum([
      'endpoint-ignored',
      'bucket-in-host',
      'other-host',
      'nothing-there',
      'no-file',
      'unsound',
      'limit',
      'databases-missing',
      'other',
    ])
    .nullable(),
  /** The reason in words; of one that works, what is remarkable about it. */
  why: z.string(),
  exitCode: z.number().int().nullable(),
  /** Hosts that it asked. Whoever is not the store's was asked in vain: the outside is fenced off. */
  asked: z.array(z.string()),
});
export type RunbookStepResult = z.infer<typeof runbookStepSchema>;

const runbookResultSchema = z.strictObject({
  steps: z.array(runbookStepSchema),
  /** What `drill restore` brought back from the same bucket. */
  drillRestore: z.strictObject({ restored: z.number().int(), databases: z.number().int() }),
});
export type RunbookResult = z.infer<typeof runbookResultSchema>;

const scenarioResultSchema = z.strictObject({
  id: z.string(),
  drillId: z.string(),
  title: z.string(),
  verdict: verdictSchema,
  /** One sentence: why this verdict. */
  reason: z.string(),
  /** Why it is no pass, by whose failure it is; absent: it is one, or it was judged before this was told. */
  failures: z.array(failureSchema).optional(),
  seed: z.number().int(),
  expect: z.enum(['pass', 'fail']),
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
  /** `[litestream] replicate_interval_sec` of the host; absent in older results. */
  replicateIntervalSec: z.number().optional(),
  planDigest: z.string(),
  fleetDigest: z.string(),
  measurements: measurementsSchema,
  objectives: z.array(objectiveResultSchema),
  checks: z.array(checkResultSchema),
  faults: z.array(faultRecordSchema),
  /** A split brain: what the other host did; absent: there was none. */
  secondHost: secondHostSchema.optional(),
  timeline: z.array(z.strictObject({ phase: z.string(), startMs: z.number(), endMs: z.number() })),
  /** What ended the load, where the disaster was to wait for a stall of the uploads; absent: it was not. */
  loadEnd: loadEndSchema.optional(),
  /** The kill, in ms from the start of the drill like the timeline; null: there was none. */
  killMs: maybe.optional(),
  /** Writes acknowledged up to an instant, and how many of those came back. Instants in ms before the kill, negative. */
  progress: z
    .array(z.strictObject({ atMs: z.number(), acknowledged: z.number().int(), restored: z.number().int() }))
    .optional(),
  storeRequests: z.array(storeRequestsSchema).optional(),
  /** Where the lost writes of all databases were at the kill; absent: none, or not told of all of them. */
  lostAt: lostAtSchema.optional(),
  /** What a day of this load would ask of the store for each database, by method; absent: no log was kept. */
  storeCost: z
    .strictObject({
      /** Time under load that it was counted in. */
      spanMs: z.number(),
      databases: z.number().int(),
      perDatabaseAndDay: z.record(z.string(), z.number().int()),
    })
    .optional(),
  databases: z.array(databaseResultSchema),
  /** Restores to an instant, the oldest first; absent: the scenario wants none. */
  instants: z.array(instantResultSchema).optional(),
  /** Earlier drills of the same scenario, subject and store, the newest last; absent: none are known. */
  earlier: z.array(earlierDrillSchema).optional(),
  /** The documented page, followed to the letter; absent: it was not. */
  runbook: runbookResultSchema.optional(),
});
export type ScenarioResult = z.infer<typeof scenarioResultSchema>;

export const resultSchema = z.strictObject({
  schemaVersion: z.literal(1),
  verdict: verdictSchema,
  exitCode: z.number().int(),
  /** One sentence: why this verdict. */
  reason: z.string(),
  runId: z.string(),
  seed: z.number().int(),
  repeatCommand: z.string(),
  startedAt: z.string(),
  durationMs: z.number(),
  tool: z.strictObject({ version: z.string() }),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Why the run as a whole is no pass, whatever its drills say, one sentence each; absent: nothing of the kind. */
  spoiltBy: z.array(z.string()).optional(),
  scenarios: z.array(scenarioResultSchema),
});
export type Result = z.infer<typeof resultSchema>;
