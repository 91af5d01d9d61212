import { z } from 'zod';
import { apps, duration, faultId } from './fields.ts';

/** What is broken in the bucket, between kill and restore. */

export const bucketHole = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('bucket-hole')
      .describe(
        'Between kill and restore, what was uploaded at one instant is removed from the bucket, on every level.',
      ),
    databases: apps,
    beforeKill: duration.describe('The instant of the hole: so long before the kill.'),
  })
  .describe('A hole in the middle of what is replicated of some databases.');

export const bucketObject = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('bucket-object')
      .describe('Between kill and restore, one object that a restore reads is damaged.'),
    damage: z
      .enum(['removed', 'truncated', 'bit-flipped', 'older', 'foreign'])
      .describe(
        'removed, on every level; truncated to half; bit-flipped: one bit in its middle; older: the bytes of the object before it; foreign: those of the same object of another database.',
      ),
    at: z
      .enum(['first', 'middle', 'last', 'each'])
      .default('middle')
      .describe(
        'Which of the objects that a restore reads one after the other. each: another one in each database, evenly from the first to the last.',
      ),
    databases: apps,
  })
  .describe('One object of the replica of some databases is not what was uploaded.');

export const bucketMirrored = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('bucket-mirrored')
      .describe(
        'Between kill and restore, every object is copied: what comes back comes from a copy of the bucket.',
      ),
    order: z
      .enum(['reversed', 'shuffled'])
      .default('reversed')
      .describe('The order of the copies in time, against that of the uploads.'),
    to: z
      .enum(['same-place', 'elsewhere'])
      .default('elsewhere')
      .describe('same-place: over itself, so that only the times change; elsewhere: below another prefix.'),
    metadata: z
      .enum(['kept', 'dropped'])
      .default('kept')
      .describe('Of the objects: Litestream 0.5 keeps the time of a transaction in it.'),
  })
  .describe('A mirror of the bucket: the same objects with other times of modification.');

export const bucketRenewed = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('bucket-renewed')
      .describe(
        'Between kill and restore, what Litestream 0.3 had left of some databases before an upgrade is copied over itself, as when a storage class or a key is changed: it looks newer than the LTX files.',
      ),
    databases: apps,
  })
  .describe('Old generations with new times of modification, beside newer LTX files.');

/** Faults in the bucket as a scenario declares them. */
export type BucketHole = z.output<typeof bucketHole>;
export type BucketObject = z.output<typeof bucketObject>;
export type BucketMirrored = z.output<typeof bucketMirrored>;
export type BucketRenewed = z.output<typeof bucketRenewed>;
export type BucketFault = BucketHole | BucketObject | BucketMirrored | BucketRenewed;
