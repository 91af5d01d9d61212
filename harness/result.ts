import { z } from 'zod';
import { checkIdSchema, storeRequestsSchema } from './evidence.ts';

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
  unknownWrites: z.number().int(),
  refusedWrites: z.number().int(),
  databasesRestored: z.number().int(),
  clockUncertaintyMs: z.number(),
  /** Stages after the kill, in ms from the kill; null where the recovery did not come so far. */
  rtoStagesMs: z.record(z.string(), maybe),
  writeLatencyMs: distributionSchema.nullable(),
});
export type Measurements = z.infer<typeof measurementsSchema>;

const checkResultSchema = z.strictObject({
  id: checkIdSchema,
  verdict: verdictSchema,
  expected: z.string(),
  actual: z.string(),
  detail: z.string(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

const objectiveResultSchema = z.strictObject({
  expression: z.string(),
  actual: maybe,
  verdict: verdictSchema,
  file: z.string(),
  line: z.number().int(),
});
export type ObjectiveResult = z.infer<typeof objectiveResultSchema>;

const databaseResultSchema = z.strictObject({
  path: z.string(),
  verdict: verdictSchema,
  rowsExpected: z.number().int(),
  rowsRestored: z.number().int(),
  recoveryPoint: z.number().int(),
  acknowledged: z.number().int(),
  lostWrites: z.number().int(),
  /** null: not measured. */
  rpoMs: maybe,
  restoreMs: maybe,
  /** When its restore began, in ms from the kill; null: there was none. */
  restoreStartMs: maybe.optional(),
  verifyMs: maybe,
  failedChecks: z.array(checkIdSchema),
  /** First finding in words, or what became of it; empty when all is well. */
  detail: z.string(),
});
export type DatabaseResult = z.infer<typeof databaseResultSchema>;

const scenarioResultSchema = z.strictObject({
  id: z.string(),
  drillId: z.string(),
  title: z.string(),
  verdict: verdictSchema,
  /** One sentence: why this verdict. */
  reason: z.string(),
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
  store: z.strictObject({ kind: z.enum(['minio', 'embedded', 'external']), version: z.string() }),
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
  faults: z.array(z.strictObject({ id: z.string(), engaged: z.boolean(), count: z.number().int() })),
  timeline: z.array(z.strictObject({ phase: z.string(), startMs: z.number(), endMs: z.number() })),
  /** The kill, in ms from the start of the drill like the timeline; null: there was none. */
  killMs: maybe.optional(),
  /** Writes acknowledged up to an instant, and how many of those came back. Instants in ms before the kill, negative. */
  progress: z
    .array(z.strictObject({ atMs: z.number(), acknowledged: z.number().int(), restored: z.number().int() }))
    .optional(),
  storeRequests: z.array(storeRequestsSchema).optional(),
  databases: z.array(databaseResultSchema),
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
  scenarios: z.array(scenarioResultSchema),
});
export type Result = z.infer<typeof resultSchema>;
