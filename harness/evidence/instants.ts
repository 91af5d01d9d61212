import { z } from 'zod';
import { findingSchema, thrownSchema } from './checks.ts';
import { restoreRecordSchema } from './database.ts';

/** What a run records of restores beside the recovery itself. */

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
export const rehearsalSchema = z.strictObject({
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
export const instantsSchema = z.strictObject({
  /** They were drawn from here, or from where the database was protected if that came later, to the kill. */
  fromUs: z.number(),
  /** The store tells its times so exactly: 0.3 goes by them. */
  storeStepMs: z.number(),
  /** How far the wall clock went apart from the monotonic one since the load began. */
  clockStepMs: z.number(),
  probes: z.array(instantSchema),
});
