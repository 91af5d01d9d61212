import { z } from 'zod';

/** The checks, and what one of them found. */

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

/** One thing that is not as it should be. `count` is the exact number of rows, writes or objects concerned. */
export const findingSchema = z.strictObject({
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
export const thrownSchema = z.strictObject({
  check: checkIdSchema,
  database: z.string().nullable(),
  error: z.string(),
});
