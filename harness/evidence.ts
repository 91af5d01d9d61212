import { z } from 'zod';
import { anyCheckIdSchema, checkIdSchema, findingSchema, thrownSchema } from './evidence/checks.ts';
import { databaseEvidenceSchema } from './evidence/database.ts';
import {
  faultRecordSchema,
  killSchema,
  loadEndSchema,
  processorsSchema,
  secondHostSchema,
  spaceAlarmSchema,
  storeAlarmSchema,
  subjectUseSchema,
} from './evidence/host.ts';
import { instantsSchema, rehearsalSchema } from './evidence/instants.ts';
import { ownCheckSchema } from './evidence/own-check.ts';
import { runbookEvidenceSchema } from './evidence/runbook.ts';
import { bucketContentsSchema, storeRequestsSchema, storeSchema } from './evidence/store.ts';

/**
 * What a run records: facts only, no verdict. The judge sees this and nothing else, and judging the same
 * evidence again gives the same bytes. Instants (`…Us`) are monotonic microseconds; durations say their unit.
 */

/** Code of a harness fault that is a bug of the harness itself: it makes the exit code 4. */
export const HARNESS_BUG = 'DRILL_E_BUG';

const phaseSpanSchema = z.strictObject({
  phase: z.string(),
  startUs: z.number(),
  endUs: z.number(),
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
    /** How many faults a check must find, like `identity == 1`; absent: any number. */
    mustCount: z.array(z.string()).optional(),
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
  /** Of the phases that could be watched; absent: this machine does not tell, or it is evidence of an earlier version. */
  processors: z.array(processorsSchema).optional(),
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
  /** Absent: no declared fault refuses the host with 403, or it is evidence of an earlier version. */
  storeAlarm: storeAlarmSchema.optional(),
  /** Absent: the load did not come to its end, or it is evidence of an earlier version. */
  subjectUse: subjectUseSchema.optional(),
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
  subjectFailures: z.array(
    z.strictObject({
      code: z.string(),
      message: z.string(),
      /** All that it is about, by path; absent: it is not about single databases, and in older evidence. */
      databases: z.array(z.string()).optional(),
    }),
  ),
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
