import { z } from 'zod';

/** What a run records of the store. */

/** Requests of one kind. `refused`: answered with 4xx; `failed`: with 5xx, or the client was gone. */
export const storeRequestsSchema = z.strictObject({
  role: z.string(),
  method: z.string(),
  count: z.number().int(),
  refused: z.number().int(),
  failed: z.number().int(),
  /** Of all, those that a declared fault met, whatever became of them; absent: none. */
  faulted: z.number().int().optional(),
  /** Bytes of the requests' bodies: what was uploaded. */
  bytes: z.number().int(),
  /** Bytes of the answers, their heads included: what was downloaded. Absent: not recorded. */
  answerBytes: z.number().int().optional(),
});
export type StoreRequests = z.infer<typeof storeRequestsSchema>;

/** What lay in the bucket when the host was dead and everything that it had sent was in. */
export const bucketContentsSchema = z.strictObject({
  /** Key prefix that the fleet was told to use. */
  prefix: z.string(),
  /** Looked at: the whole bucket, or the prefix alone where the bucket is not the drill's own. */
  looked: z.enum(['bucket', 'prefix']),
  objects: z.number().int(),
  /** Every replica of Litestream: the key that its objects lie below, and how many there are. Sorted by key. */
  replicas: z.array(z.strictObject({ at: z.string(), objects: z.number().int() })),
  /** File beside the evidence with every object, its size, time and ETag; absent: none was kept, as in older evidence. */
  listing: z.string().optional(),
});
export type BucketContents = z.infer<typeof bucketContentsSchema>;

/** The store of a drill. All but the first two were not recorded from the beginning. */
export const storeSchema = z.strictObject({
  kind: z.enum(['minio', 'embedded', 'external']),
  version: z.string(),
  /** Who really answered: the resolved URL, and the address of the other end of the connection. */
  endpoint: z.string().optional(),
  address: z.string().optional(),
  /** Our clock minus the store's, to the second. */
  clockSkewMs: z.number().optional(),
  /** Whether it refuses a put with `If-None-Match: *` where an object already is. */
  conditionalPut: z.boolean().optional(),
});
