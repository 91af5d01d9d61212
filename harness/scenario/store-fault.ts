import { z } from 'zod';
import { duration, faultId } from './fields.ts';

/** What is broken between the store and those who use it. The harness itself is never met by any of it. */

/** Requests as S3 counts them: a listing is told from a read. */
const STORE_METHODS = ['GET', 'HEAD', 'LIST', 'PUT', 'POST', 'DELETE'] as const;

/** Answers that a store gives when it is not well, with the code that S3 has for each. */
export const STATUS_CODES = {
  403: 'ExpiredToken',
  408: 'RequestTimeout',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'SlowDown',
} as const;

const window = {
  id: faultId,
  from: duration
    .default('0s')
    .describe('When it begins: so long after the start of the load, or of the restore for role: recovery.'),
  for: duration
    .optional()
    .describe('How long it lasts; without it to the end of the load, or of the restore.'),
};

const selection = {
  ...window,
  role: z
    .enum(['writer', 'recovery'])
    .default('writer')
    .describe(
      'Whose requests: those of the host during the load, or those of the restore after the disaster.',
    ),
  methods: z
    .array(z.enum(STORE_METHODS))
    .min(1)
    .optional()
    .describe('Only these. LIST is a GET of the bucket. Without it every one.'),
  keys: z
    .string()
    .min(1)
    .optional()
    .describe('Only where this regular expression is found in the key; of a listing, in its prefix.'),
  count: z.number().int().min(1).optional().describe('Only the first so many of them.'),
  probability: z.number().gt(0).max(1).optional().describe('Only this share of them, drawn from the seed.'),
};

const storeRefused = z
  .strictObject({
    ...window,
    kind: z
      .literal('store-refused')
      .describe(
        'Nobody listens: connections are cut, and new ones refused, whatever they are for. Before there is a request nobody knows its method or key: for those take store-reset.',
      ),
  })
  .describe('The store cannot be reached from the host. It counts the connections that are cut.');

const storeReset = z
  .strictObject({
    ...selection,
    kind: z
      .literal('store-reset')
      .describe('The connection is reset in the middle of a body, of the upload or else of the answer.'),
  })
  .describe('A broken upload never reaches the store.');

const storeTruncated = z
  .strictObject({
    ...selection,
    kind: z
      .literal('store-truncated')
      .describe(
        'The store does what it is asked, and its answer ends in the middle; a short one never comes.',
      ),
  })
  .describe('An answer that ends too early.');

const storeStatus = z
  .strictObject({
    ...selection,
    kind: z.literal('store-status').describe('The request is refused with a status, as S3 words it.'),
    status: z
      .union([z.literal(403), z.literal(408), z.literal(429), z.literal(500), z.literal(503)])
      .describe(
        '403 ExpiredToken, 408 RequestTimeout, 429 TooManyRequests, 500 InternalError, 503 SlowDown.',
      ),
    code: z
      .enum(['ExpiredToken', 'AccessDenied'])
      .optional()
      .describe('What a 403 is for. AccessDenied: the key is good, and may not do that.'),
  })
  .describe('An answer in the place of the store, which never sees the request.');

const storeKeyRevoked = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('store-key-revoked')
      .describe(
        'The key that the host was started with is refused for good (403 InvalidAccessKeyId), and no other.',
      ),
    from: duration.describe('When after the start of the load.'),
  })
  .describe(
    'The one half of a rotation. The other is a host-kill of the supervisor with startAgainWith: new-key, after it: of a key that nobody uses any more no request could be refused.',
  );

const storeSlow = z
  .strictObject({
    ...selection,
    kind: z.literal('store-slow').describe('The store answers later, or its line is narrow.'),
    latency: z
      .strictObject({
        min: duration.describe('The shortest.'),
        max: duration.describe('The longest.'),
      })
      .optional()
      .describe('Every answer comes later by a time drawn evenly from the seed.'),
    bytesPerSecond: z.number().int().min(1000).optional().describe('Of all bodies together, up and down.'),
  })
  .describe('A store far away.');

const storeClockSkew = z
  .strictObject({
    ...window,
    kind: z
      .literal('store-clock-skew')
      .describe(
        "The clocks of host and store go apart: the store judges the host's requests, and dates its answers, by its own.",
      ),
    role: z
      .enum(['writer', 'recovery'])
      .default('writer')
      .describe('Whose clock: that of the host during the load, or that of the new host during the restore.'),
    by: duration.describe('How far.'),
    clock: z.enum(['ahead', 'behind']).default('ahead').describe("The host's, of the store's."),
  })
  .describe(
    'Beyond 15 minutes S3 refuses a request with 403 RequestTimeTooSkewed. It counts the requests; a client that goes by the date of the answers is heard.',
  );

const storeStall = z
  .strictObject({
    ...selection,
    kind: z.literal('store-stall').describe('The request is taken and never answered.'),
  })
  .describe('Whoever asks waits until its own patience ends, also beyond the end of the fault.');

/** Everything that can be broken at the store, for the union of all faults. */
export const storeFaults = [
  storeRefused,
  storeReset,
  storeTruncated,
  storeStatus,
  storeKeyRevoked,
  storeSlow,
  storeStall,
  storeClockSkew,
] as const;

export const storeFaultSchema = z.discriminatedUnion('kind', storeFaults);

/** A fault of the store as a scenario declares it. */
export type StoreFault = z.output<typeof storeFaultSchema>;
/** One that meets requests, and does not cut the line itself. */
export type RequestFault = Exclude<StoreFault, { kind: 'store-refused' }>;
export type FaultyRole = z.output<typeof storeStatus>['role'];

/** Whose line it breaks. */
export function faultyRole(fault: StoreFault): FaultyRole {
  // A refused connection leaves no trace where it was refused: only of a host that was connected can be told that it was met.
  return 'role' in fault ? fault.role : 'writer';
}

/** Whether it answers requests of the host with 403, or lets none of them through. */
export function refusesTheHost(fault: { readonly kind: string }): boolean {
  if (!isStoreFault(fault)) return false;
  if (fault.kind === 'store-key-revoked' || fault.kind === 'store-refused') return true;
  return fault.kind === 'store-status' && fault.status === 403 && fault.role === 'writer';
}

export function isStoreFault(fault: { readonly kind: string }): fault is StoreFault {
  return fault.kind.startsWith('store-');
}
