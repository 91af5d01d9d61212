import { setTimeout as sleep } from 'node:timers/promises';
import type { LitestreamBinary } from '../litestream/binary.ts';
import type { ControlSocket } from '../litestream/control-socket.ts';
import type { S3Client, S3Settings } from '../store/s3-client.ts';
import type { BackoffPolicy } from './backoff.ts';
import type { BucketWatch } from './bucket-watch.ts';
import type { SupervisorConfig } from './config.ts';
import type { Discovery } from './discover.ts';
import type { FreeSpace } from './free-space.ts';
import type { WalGuard } from './guard.ts';
import type { LeaseTiming } from './lease-record.ts';
import type { LeaseStore } from './lease-store.ts';
import type { Log } from './log.ts';
import type { Memory } from './memory.ts';
import type { NewcomerPatience } from './newcomer-patience.ts';
import type { Overwritten } from './overwritten.ts';
import type { Replication } from './replication.ts';
import type { MissingDatabase } from './status.ts';

export interface SupervisorOptions {
  /** `rustbase.toml`. */
  readonly config: string;
  /** Path of a Litestream; null: the first on PATH, or the one of `npm install`. */
  readonly litestream: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Aborted: end in good order. */
  readonly stop: AbortSignal;
  /** Aborted: no more patience with the child. */
  readonly kill: AbortSignal;
  readonly backoff?: BackoffPolicy;
  /** How long commits may rest outside the bucket before Litestream is started anew. */
  readonly stallMs?: number;
  /** Take the prefix from whoever replicates to it now. */
  readonly takeOver?: boolean;
  readonly leaseTiming?: LeaseTiming;
}

/** The supervisor's own files, all in the data directory. */
export interface Files {
  readonly dataDir: string;
  readonly config: string;
  readonly status: string;
  readonly lock: string;
  /** Which file was replicated at each path. */
  readonly memory: string;
  /** Under which lease they were. */
  readonly lastLease: string;
}

/** What the preflight leaves behind. */
export interface Basis {
  readonly options: SupervisorOptions;
  readonly config: SupervisorConfig;
  readonly files: Files;
  readonly settings: S3Settings;
  readonly client: S3Client;
  readonly binary: LitestreamBinary;
  /** null: the config wants none. */
  readonly leaseStore: LeaseStore | null;
}

/** All that the loops of one running supervisor share. */
export interface Run extends Basis {
  readonly replication: Replication;
  readonly watch: BucketWatch;
  readonly guard: WalGuard;
  readonly memory: Memory;
  readonly overwritten: Overwritten;
  readonly freeSpace: FreeSpace;
  readonly fleet: Fleet;
  /** By which databases are taken in without a restart; null: this Litestream has none, or it would not keep the interval. */
  readonly socket: ControlSocket | null;
  /** Writes the status file. */
  readonly publish: () => void;
}

/** Litestream's control socket, in its working folder. */
export const SOCKET = 'litestream.sock';

export interface Fleet {
  discovery: Discovery;
  /** What Litestream has been told to replicate. */
  replicated: Discovery['databases'];
  /** Paths at which another database was replicated than lies there now, until that has been taken in. */
  readonly strangers: Set<string>;
  /** For those of them that were too busy. */
  readonly patience: NewcomerPatience;
  /** Registered, and not on the disk. */
  missing: readonly MissingDatabase[];
  /** Aborted to cut the pause before the next look at the bucket short. */
  woken: AbortController;
}

/** A pause that a signal can cut short; that is all an abort means here. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
