import type { Evidence } from '../evidence.ts';
import type { StoreFault } from '../scenario/store-fault.ts';
import type { FaultSwitch } from './proxy.ts';
import type { S3Client, S3Settings } from './s3-client.ts';

/** What a store of any kind is opened with. */
export interface StoreOptions {
  readonly prefix: string;
  /** Takes a line for every request. */
  readonly logFile: string;
  /** Kept as evidence: the logs of what runs for the drill. */
  readonly logsDir: string;
  /** The store's own folder, thrown away after the drill; nobody else uses it. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  /** Leave in the store what the drill has written. */
  readonly keep: boolean;
  readonly note: (level: 'info' | 'warn', message: string) => void;
  /** Whether the host gets another key on the way. MinIO takes a while to make one. */
  readonly rotatesKey?: boolean;
  /** What is to be broken between the store and its clients, and the seed of its chances; absent: nothing. */
  readonly faults?: { readonly declared: readonly StoreFault[]; readonly seed: number };
}

/** A running store with its bucket: what the drill needs of it, whichever kind it is. */
export interface Store extends AsyncDisposable {
  readonly kind: Evidence['store']['kind'];
  /** Of the server, and where it says little of itself how it runs. */
  readonly version: string;
  /** For the host: the supervisor's own credential. */
  readonly writer: S3Settings;
  /** What the supervisor is given when its key is rotated. Absent: this store has no second key for the host. */
  readonly rotatedWriter?: S3Settings;
  /** For the new host: a key that the dead one never had. */
  readonly newWriter: S3Settings;
  /** For the recovery: reads only, and never the writer's. */
  readonly recovery: S3Settings;
  /** For the harness to look at the bucket. */
  readonly observer: S3Client;
  /**
   * For the faults that a scenario declares in the bucket; its changes are no late uploads. Absent: this store has no
   * credential for that apart from the host's own.
   */
  readonly saboteur?: S3Settings;
  readonly prefix: string;
  /** How uploads after a kill are told: by the store's log of requests, or by comparing listings of it. */
  readonly uploadWatch: 'request-log' | 'listing';
  /** For the blobs of a RustBaas that keeps them in S3: a bucket of their own, open to the same keys. */
  readonly blobBucket?: string;
  /** Switches the declared faults; absent: none is declared. */
  readonly faults?: FaultSwitch;
  /** Of a server that is no child of the drill, where this machine can see it. */
  readonly processId?: number;
  /** Null while it runs; what became of it once it ended by itself. */
  failure(): string | null;
  /** Resolves when everything sent to the store before this call has been taken in. */
  settle(): Promise<void>;
}
