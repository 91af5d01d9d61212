import { z } from 'zod';

/** What a run records of a check that a scenario brings itself. */

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
