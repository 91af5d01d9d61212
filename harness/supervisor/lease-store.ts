import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyBase } from '../litestream/listed-object.ts';
import type { S3Client } from '../store/s3-client.ts';
import { type LeaseRecord, leaseKey, parseLease } from './lease-record.ts';

/** A lease as it was read. */
export interface SeenLease {
  readonly record: LeaseRecord;
  readonly etag: string;
}

/** The one object that a lease is. */
export interface LeaseStore {
  read(signal: AbortSignal): Promise<SeenLease | null>;
  /** Writes over the version `etag` (null: over nothing); answers the new one, or null when another version is there. */
  write(record: LeaseRecord, etag: string | null, signal: AbortSignal): Promise<string | null>;
}

/** The lease of a prefix, in the strongest way that the store allows. */
export async function openLeaseStore(
  client: S3Client,
  prefix: string,
  weakSettleMs: number = WEAK_SETTLE_MS,
): Promise<LeaseStore & { readonly conditional: boolean }> {
  const conditional = await probeConditionalPut(client, prefix);
  const key = leaseKey(prefix);
  const read: LeaseStore['read'] = async (signal) => {
    const found = await client.read(key, signal);
    return found === null ? null : { record: parseLease(found.body), etag: found.etag };
  };
  const text = (record: LeaseRecord): string => `${JSON.stringify(record)}\n`;
  const strong: LeaseStore['write'] = (record, etag, signal) =>
    client.putOver(key, text(record), etag, signal);
  const weak = weakWrite(read, (record) => client.put(key, text(record)), weakSettleMs);
  return { conditional, read, write: conditional ? strong : weak };
}

/**
 * Whether the store refuses a conditional write whose condition does not hold. Some take the header and write all the
 * same, so it is tried, not asked.
 */
export async function probeConditionalPut(client: S3Client, prefix: string): Promise<boolean> {
  const key = `${keyBase(prefix)}.supervisor-preflight-${randomBytes(16).toString('hex')}`;
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  try {
    const first = await client.putOver(key, 'first', null, signal);
    if (first === null) return false;
    const overSomething = await client.putOver(key, 'second', null, signal);
    const overAnother = await client.putOver(key, 'third', '"00000000000000000000000000000000"', signal);
    const overItself = await client.putOver(key, 'fourth', first, signal);
    return overSomething === null && overAnother === null && overItself !== null;
  } catch (error) {
    // "NotImplemented", or a 400 for a header that it does not know. What it cannot do at all, the preflight says.
    if (signal.aborted) throw error;
    return false;
  } finally {
    await client.remove([key]);
  }
}

const PROBE_TIMEOUT_MS = 20_000;
/** How long the other one of two challengers at the same moment may be between its look and the end of its write. */
const WEAK_SETTLE_MS = 1500;

/**
 * Without conditional writes: look, write, and where the lease is taken wait and look again. Of two challengers at the
 * same moment the last writer stays and the other sees it, provided that neither takes longer than the wait between its look
 * and its write. Two supervisors cannot be kept apart more surely than that on such a store.
 */
function weakWrite(
  read: LeaseStore['read'],
  put: (record: LeaseRecord) => Promise<void>,
  settleMs: number,
): LeaseStore['write'] {
  return async (record, etag, signal) => {
    const before = await read(signal);
    if ((before?.etag ?? null) !== etag || signal.aborted) return null;
    await put(record);
    if (record.renewal === 0) await sleep(settleMs, undefined, { signal });
    const after = await read(signal);
    const ours = after?.record.owner === record.owner && after.record.epoch === record.epoch;
    return ours ? (after?.etag ?? null) : null;
  };
}
