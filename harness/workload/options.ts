import { z } from 'zod';
import type { OrderAnswer } from './orders.ts';

/** What a writer process is told: the JSON file that is its only argument. */
export const writerOptionsSchema = z.strictObject({
  /** The plan as JSON (`scenario/plan.ts`). */
  planPath: z.string(),
  dataDir: z.string(),
  /** Where the ledger lies, for the rows of databases that are put into place with some. */
  ledgerDir: z.string().default(''),
  /** Which of the plan's writers this is. */
  writerIndex: z.number().int().min(0),
  /** 1 before the disaster, 2 on the new host. */
  life: z.number().int().min(1),
  /** How many before it were killed in this life: a successor opens what they left, and carries out none of the changes. */
  predecessors: z.number().int().min(0).default(0),
  /** This writer's share of the rate. */
  writesPerSecond: z.number().positive(),
  /** Writes fall due for so long; then the writer idles with its handles open. */
  durationMs: z.number().min(0),
  /** first-writes: one small write in each of `paths`, then idle. */
  mode: z.enum(['load', 'first-writes']),
  /** For first-writes: the databases to write to, relative to data_dir. */
  paths: z.array(z.string()).optional(),
  /** Other processes write to the same databases. */
  shared: z.boolean().default(false),
  /** This is such a process: it creates records in these apps, and nothing else. */
  guest: z
    .strictObject({
      /** Names it in the ledger. */
      by: z.string().min(1),
      paths: z.array(z.string()).min(1),
      holdMs: z.number().min(0),
    })
    .optional(),
  /** The bucket of the blobs, its credential in the environment; left out: blobs lie beside the databases. */
  blobBucket: z
    .strictObject({
      endpoint: z.string().nullable(),
      region: z.string(),
      bucket: z.string(),
      forcePathStyle: z.boolean(),
    })
    .optional(),
});
export type WriterOptions = z.input<typeof writerOptionsSchema>;

/** A line that a writer prints. */
export type WriterLine =
  /** All databases are open: waits for `go` on stdin. */
  | { readonly ready: true; readonly atUs: number }
  /** Writes since the start, at most four times a second. */
  | { readonly acknowledged: number; readonly refused: number }
  /** An order was carried out; `seen`: what shows it, in each database, and `failed` where it did not come to that. */
  | OrderAnswer
  /** All first writes were tried; these databases did not take theirs. */
  | { readonly firstWrites: number; readonly failed: readonly { path: string; error: string }[] };
