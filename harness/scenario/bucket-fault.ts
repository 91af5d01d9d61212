import { z } from 'zod';
import { duration, faultId } from './fields.ts';

/** What is broken in the bucket, between kill and restore. */
export const bucketHole = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('bucket-hole')
      .describe(
        'Between kill and restore, what was uploaded at one instant is removed from the bucket, on every level.',
      ),
    databases: z
      .number()
      .int()
      .min(1)
      .max(500)
      .default(1)
      .describe('In how many of the apps that were written to.'),
    beforeKill: duration.describe('The instant of the hole: so long before the kill.'),
  })
  .describe('A hole in the middle of what is replicated of some databases.');

/** A hole in the bucket as a scenario declares it. */
export type BucketHole = z.output<typeof bucketHole>;
