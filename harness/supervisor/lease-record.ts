import { keyBase } from '../litestream/listed-object.ts';

/** What lies in the bucket beside the databases and says who replicates this prefix. */
export interface LeaseRecord {
  readonly schemaVersion: 1;
  /** One supervisor's data directory on one boot of one machine (`leaseOwner`). */
  readonly owner: string;
  /** Rises whenever the lease changes hands or is taken anew. */
  readonly epoch: number;
  /** Rises with every renewal, so that no two versions of the record are the same bytes. */
  readonly renewal: number;
  readonly durationMs: number;
  readonly renewMs: number;
  /** Given back in good order: anybody may take it at once. */
  readonly released: boolean;
  /** For people, as are the two times by that host's own clock; nothing is decided by them. */
  readonly host: string;
  readonly dataDir: string;
  readonly since: string;
  readonly renewedAt: string;
}

/** How often a lease is renewed, and for how long each renewal is good. */
export interface LeaseTiming {
  readonly renewMs: number;
  readonly durationMs: number;
}

/** Neither Litestream nor the discovery of databases takes this for one of its own: it lies in no database's folder. */
export function leaseKey(prefix: string): string {
  return `${keyBase(prefix)}.rustbaas-lease.json`;
}

/** Reads a record. One that cannot be understood counts as somebody's, never given back, with the usual times. */
export function parseLease(body: Uint8Array): LeaseRecord {
  let parsed: Partial<Record<keyof LeaseRecord, unknown>> = {};
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    if (typeof value === 'object' && value !== null) parsed = value;
  } catch {
    // Not ours, or cut off: nobody can renew that, so it only delays us.
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value : 'unknown');
  const count = (value: unknown, otherwise: number): number =>
    typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : otherwise;
  return {
    schemaVersion: 1,
    owner: text(parsed.owner),
    epoch: count(parsed.epoch, 0),
    renewal: count(parsed.renewal, 0),
    durationMs: Math.min(count(parsed.durationMs, LEASE_DURATION_MS), MAX_DURATION_MS),
    renewMs: Math.min(count(parsed.renewMs, LEASE_DURATION_MS), MAX_DURATION_MS),
    released: parsed.released === true,
    host: text(parsed.host),
    dataDir: text(parsed.dataDir),
    since: text(parsed.since),
    renewedAt: text(parsed.renewedAt),
  };
}

/** Outages of the store up to 15 s do not touch replication; a successor that nobody has announced waits 33 s. */
const LEASE_DURATION_MS = 30_000;
/** What a record can make others wait at most. */
const MAX_DURATION_MS = 3_600_000;

/** One small PUT a renewal: as often as a busy database's own upload, between every second and every five. */
export function leaseTiming(replicateIntervalSec: number): LeaseTiming {
  const renewMs = Math.min(5000, Math.max(1000, replicateIntervalSec * 1000));
  return { renewMs, durationMs: LEASE_DURATION_MS };
}

/** The holder has stopped its Litestream this long before its lease is over. */
export function fenceEarlyMs(durationMs: number): number {
  return durationMs / 10;
}

/** The fuse blows this long before the lease is over, when the supervisor itself has not done its duty. */
export function fuseEarlyMs(durationMs: number): number {
  return durationMs / 20;
}

/** How long a record must have been unchanged until its owner can no longer be writing; clocks may differ by 5 %. */
export function takeOverAfterMs(durationMs: number): number {
  return durationMs * 1.1;
}

/** How long a record must have been unchanged until an owner whom an operator calls dead is believed to be so. */
export function silentAfterMs(renewMs: number): number {
  return renewMs + Math.min(renewMs, 1000);
}
