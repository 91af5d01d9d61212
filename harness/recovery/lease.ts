import { openS3, type S3Settings } from '../store/s3-client.ts';
import { bootId, openLeaseClock } from '../supervisor/lease-clock.ts';
import { leaseKey } from '../supervisor/lease-record.ts';
import type { RestoredFrom } from '../supervisor/restored-from.ts';

const LIMIT_MS = 5000;

/**
 * The lease of the host that is being recovered, as it is now; null: there is none, or it cannot be read. Then the new
 * host's supervisor waits until the lease has run out, which costs time and nothing else.
 */
export async function presentLease(store: S3Settings, prefix: string): Promise<RestoredFrom | null> {
  const client = openS3(store);
  const key = leaseKey(prefix);
  try {
    const seen = await client.read(key, AbortSignal.timeout(LIMIT_MS));
    if (seen === null) return null;
    return { leaseKey: key, etag: seen.etag, seenAtMs: openLeaseClock().nowMs(), bootId: bootId() };
  } catch {
    return null;
  } finally {
    client.close();
  }
}
