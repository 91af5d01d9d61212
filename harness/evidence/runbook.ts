import { z } from 'zod';

/** What a run records of the documented page. */

/** The documented page, followed to the letter: every command and what came of it. */
export const runbookEvidenceSchema = z.strictObject({
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
