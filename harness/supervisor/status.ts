import type { LitestreamBinary } from '../litestream/binary.ts';
import type { Protection } from '../litestream/protection.ts';
import type { Discovery } from './discover.ts';
import type { DiskStatus } from './free-space.ts';
import type { LeaseStatus } from './lease.ts';
import type { ChildStatus } from './replication.ts';

/** What `litestream-status.json` and the status endpoint say. */
export interface Status {
  readonly schemaVersion: 1;
  /** Wall time, a label; all durations below come from the monotonic clock. */
  readonly updatedAt: string;
  readonly updatedUs: number;
  readonly supervisor: { readonly pid: number; readonly startedAt: string };
  readonly litestream: LitestreamBinary;
  readonly child: ChildStatus;
  /** null: `lease = false`. */
  readonly lease: LeaseStatus | null;
  readonly bucket: BucketStatus;
  readonly disk: DiskStatus;
  readonly databases: readonly DatabaseStatus[];
  /** Folders that are not looked into, with the reason: nobody knows whether there are databases in them. */
  readonly unread: readonly { readonly path: string; readonly reason: string }[];
  /** Databases that RustBaas has a row for and no file: they are lost here, or were never made. */
  readonly missing: readonly MissingDatabase[];
}

export interface BucketStatus {
  /** Monotonic instant just before the last listing that succeeded; null: none has. What is said of databases is as of then. */
  readonly listedUs: number | null;
  readonly listMs: number | null;
  readonly objects: number;
  /** Why the last listing failed; null: it did not. */
  readonly error: string | null;
  /** Our clock minus the store's, to the second; null: it has not told its time. Beyond 15 min it refuses Litestream. */
  readonly clockSkewMs: number | null;
}

/** A database that RustBaas has a row for and no file: nobody replicates it, and a walk of the disk cannot tell. */
export interface MissingDatabase {
  /** Relative to data_dir. */
  readonly path: string;
  /** The database that has its row. */
  readonly registeredIn: string;
}

export interface DatabaseStatus {
  /** Relative to data_dir. */
  readonly path: string;
  /** The bucket alone gives back a sound copy. */
  readonly protected: boolean;
  /** Since when, without a break (monotonic). */
  readonly protectedUs: number | null;
  /** Everything before this place is in the bucket: a place in a generation (0.3), or a transaction id (0.5). */
  readonly position: Protection['position'];
  readonly reason: string;
}

/** What of a discovery is no database and may hide some. */
export function unreadFolders({ refused }: Discovery): Status['unread'] {
  return refused.filter(({ path }) => !isDatabase(path));
}

function isDatabase(path: string): boolean {
  return path.endsWith('.db');
}

/** One line for every database on disk: what the bucket says of it, or why it is not replicated. */
export function databaseStatuses(
  discovery: Discovery,
  protections: ReadonlyMap<string, Protection>,
): DatabaseStatus[] {
  const found = discovery.databases.map(({ path }) => {
    const { protectedUs, position, reason } = protections.get(path) ?? NOT_LOOKED_AT;
    return { path, protected: protectedUs !== null, protectedUs, position, reason };
  });
  const refused = discovery.refused
    .filter(({ path }) => isDatabase(path))
    .map(({ path, reason }) => ({
      path,
      protected: false,
      protectedUs: null,
      position: null,
      reason: `not replicated: ${reason}`,
    }));
  return [...found, ...refused].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The same in Prometheus' text format. */
export function prometheusText(status: Status): string {
  const lines = [
    '# HELP rustbaas_backup_protected 1 when the bucket alone gives back a sound copy of the database.',
    '# TYPE rustbaas_backup_protected gauge',
    ...status.databases.map(
      ({ path, protected: isProtected }) =>
        `rustbaas_backup_protected{database="${label(path)}"} ${isProtected ? 1 : 0}`,
    ),
    '# HELP rustbaas_backup_unprotected_databases Databases on disk that are not protected.',
    '# TYPE rustbaas_backup_unprotected_databases gauge',
    `rustbaas_backup_unprotected_databases ${status.databases.filter((one) => !one.protected).length}`,
    '# HELP rustbaas_backup_unread_folders Folders that are not looked into: databases in them are not replicated.',
    '# TYPE rustbaas_backup_unread_folders gauge',
    `rustbaas_backup_unread_folders ${status.unread.length}`,
    '# HELP rustbaas_backup_missing_databases Databases that are registered, and not on the disk.',
    '# TYPE rustbaas_backup_missing_databases gauge',
    `rustbaas_backup_missing_databases ${status.missing.length}`,
    '# HELP rustbaas_backup_litestream_up 1 while the child runs. It proves nothing about the bucket.',
    '# TYPE rustbaas_backup_litestream_up gauge',
    `rustbaas_backup_litestream_up ${status.child.pid === null ? 0 : 1}`,
    '# HELP rustbaas_backup_litestream_crash_loop 1 when the child dies again and again.',
    '# TYPE rustbaas_backup_litestream_crash_loop gauge',
    `rustbaas_backup_litestream_crash_loop ${status.child.state === 'crash-loop' ? 1 : 0}`,
    '# HELP rustbaas_backup_litestream_restarts_total Starts after a death that nobody ordered.',
    '# TYPE rustbaas_backup_litestream_restarts_total counter',
    `rustbaas_backup_litestream_restarts_total ${status.child.restarts}`,
    ...(status.lease === null
      ? []
      : [
          '# HELP rustbaas_backup_lease_held 1 while this host has the right to replicate to its prefix.',
          '# TYPE rustbaas_backup_lease_held gauge',
          `rustbaas_backup_lease_held ${status.lease.state === 'held' ? 1 : 0}`,
        ]),
    '# HELP rustbaas_backup_disk_low_space 1 while little space is left on the disk with the databases.',
    '# TYPE rustbaas_backup_disk_low_space gauge',
    `rustbaas_backup_disk_low_space ${status.disk.lowSpace ? 1 : 0}`,
    '# HELP rustbaas_backup_disk_free_bytes Space that is left there.',
    '# TYPE rustbaas_backup_disk_free_bytes gauge',
    `rustbaas_backup_disk_free_bytes ${status.disk.freeBytes ?? 'NaN'}`,
    '# HELP rustbaas_backup_listing_age_seconds Age of the bucket listing that all this rests on.',
    '# TYPE rustbaas_backup_listing_age_seconds gauge',
    `rustbaas_backup_listing_age_seconds ${ageSec(status)}`,
    '# HELP rustbaas_backup_listing_failed 1 when the last listing of the bucket failed.',
    '# TYPE rustbaas_backup_listing_failed gauge',
    `rustbaas_backup_listing_failed ${status.bucket.error === null ? 0 : 1}`,
    ...(status.bucket.clockSkewMs === null
      ? []
      : [
          '# HELP rustbaas_backup_clock_skew_seconds Clock of this machine minus that of the store: beyond 900 it refuses every upload.',
          '# TYPE rustbaas_backup_clock_skew_seconds gauge',
          `rustbaas_backup_clock_skew_seconds ${status.bucket.clockSkewMs / 1000}`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

const NOT_LOOKED_AT: Protection = {
  protectedUs: null,
  reason: 'the bucket has not been listed since it appeared',
  position: null,
};

function ageSec({ bucket, updatedUs }: Status): number | 'NaN' {
  return bucket.listedUs === null ? 'NaN' : (updatedUs - bucket.listedUs) / 1e6;
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
