import { z } from 'zod';

/** What is true of a whole run, beside the evidence of its drills. */

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
  /** When the hosts and the restored files were gone, UTC; null: they were to be kept. Absent: not recorded. */
  workRemovedAt: z.string().nullable().optional(),
  /** How drills like these went before, by drill id, the newest last: for the reports, no verdict rests on it. */
  earlier: z.record(z.string(), z.array(earlierDrillSchema)).optional(),
});
export type RunInfo = z.infer<typeof runInfoSchema>;
