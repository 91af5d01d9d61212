import { z } from 'zod';
import { checkIdSchema, findingSchema, thrownSchema } from './checks.ts';

/** What a run records of one database: its restore, what was verified, and where its lost writes were. */

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

export const restoreRecordSchema = z.strictObject({
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
  /** SHA-256 of the file as it was verified; absent: it could not be read, or it is older evidence. */
  sha256: z.string().optional(),
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

/** Lost writes of a database, by number, that were at one place and follow one another; write 0 is what was seeded. */
export const lostRunSchema = z.strictObject({
  place: lostAtSchema.keyof(),
  from: z.number().int(),
  to: z.number().int(),
});
export type LostRun = z.infer<typeof lostRunSchema>;

export const databaseEvidenceSchema = z.strictObject({
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
  /** Which of them were where, in the order of their numbers; absent: nobody looked, or they are in too many pieces. */
  lostRuns: z.array(lostRunSchema).optional(),
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
