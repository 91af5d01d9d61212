import { chmod, chown, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { DrillError, messageOf } from '../errors.ts';
import type { RestoreRecord } from '../evidence/database.ts';
import { appPath, realmPath, SYSTEM_PATH } from '../fleet/layout.ts';
import type { LitestreamBinary } from '../litestream/binary.ts';
import { databasesInBucket } from '../litestream/bucket-layout.ts';
import { keyBase } from '../litestream/listed-object.ts';
import { clockProblem } from '../store/clock-skew.ts';
import { AWS_NAMES, diagnose, type SettingNames } from '../store/diagnose.ts';
import { openS3, type S3Settings } from '../store/s3-client.ts';
import { writeRestoredFrom } from '../supervisor/restored-from.ts';
import { copyBlobs, copyHooks } from './copied-files.ts';
import { type BucketLayout, type FoundReplica, placesInBucket } from './bucket-places.ts';
import type { RecoveryEvent } from './events.ts';
import { presentLease } from './lease.ts';
import { type Registered, registeredApps, registeredRealms } from './registry.ts';
import { type RestoreJob, restoreDatabase } from './restore-database.ts';
import { WorkQueue } from './work-queue.ts';

export interface FleetRecovery {
  readonly store: S3Settings;
  /** Key prefix of the fleet in the bucket, without slashes at its ends. */
  readonly prefix: string;
  readonly layout: BucketLayout;
  /** Becomes the new data_dir. Must be empty or absent. */
  readonly outputDir: string;
  readonly litestream: LitestreamBinary;
  /** The caller's environment, of which Litestream gets what is on its allow-list. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly parallelism: number | 'auto';
  /** The instant to restore (RFC 3339); without it the newest state of every database. */
  readonly timestamp?: string | null;
  readonly databaseTimeoutMs: number;
  /** Folder with the operator's copy of the blobs, laid out as data_dir; null: nothing to copy. */
  readonly blobsFrom: string | null;
  /** Checkout of the hooks, laid out as data_dir; null: nothing to copy. */
  readonly hooksFrom: string | null;
  readonly emit: (event: RecoveryEvent) => void;
}

/** The recovery is told the bucket on its command line. */
const NAMES: SettingNames = { ...AWS_NAMES, bucket: '--bucket' };

/** Work in progress lies here, and goes when the recovery ends. */
const WORK_FOLDER = '.restoring';
/** RustBaas' service user owns the folder and is the only one, with its group, to look into it. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;
const MODES = { file: FILE_MODE, folder: FOLDER_MODE };

/**
 * Brings a whole fleet back from the bucket and a read-only credential alone: finds the databases by listing,
 * restores system.db, then the realms that it registers, then their apps, and puts a file into place only when it
 * is sound. Never stops at a failing database. Returns one record a database.
 */
export async function restoreFleet(recovery: FleetRecovery): Promise<RestoreRecord[]> {
  const { work, made } = await provision(recovery);
  recovery.emit({ event: 'provisioned', atUs: monotonicUs() });
  // As early as can be: how long the old host has been silent counts from here.
  const lease = await presentLease(recovery.store, recovery.prefix);
  const inBucket = await discover(recovery).catch(async (error: unknown) => {
    await rm(made, { recursive: true, force: true }); // nothing has been restored yet
    throw error;
  });
  const parallelism =
    recovery.parallelism === 'auto' ? Math.max(2, availableParallelism() * 2) : recovery.parallelism;
  recovery.emit({ event: 'discovered', atUs: monotonicUs(), databases: inBucket.size, parallelism });
  const records = new Map<string, RestoreRecord>();
  const keep = (record: RestoreRecord): void => {
    records.set(record.path, record);
    recovery.emit({ event: 'database', record });
  };
  try {
    await restoreTree(recovery, work, inBucket, parallelism, keep);
    for (const path of [...inBucket.keys()].toSorted()) {
      if (!records.has(path)) keep(skipped(path, 'not-registered', 'no restored parent registers it'));
    }
    if (lease !== null) writeRestoredFrom(recovery.outputDir, lease, FILE_MODE);
    // Before the copies, which may find the disk full: what has come back can be used whatever becomes of them.
    await adoptOwner(recovery.outputDir);
    if (await copyBesideDatabases(recovery)) await adoptOwner(recovery.outputDir);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  recovery.emit({ event: 'finished', atUs: monotonicUs() });
  return [...records.values()];
}

/** What no bucket of Litestream's holds: blobs and hooks, from wherever the operator keeps them. Whether there was any such place. */
async function copyBesideDatabases({
  blobsFrom,
  hooksFrom,
  outputDir,
  emit,
}: FleetRecovery): Promise<boolean> {
  if (blobsFrom !== null) {
    const files = await copyBlobs(blobsFrom, outputDir, MODES);
    emit({ event: 'copied', what: 'blobs', files, atUs: monotonicUs() });
  }
  if (hooksFrom !== null) {
    const files = await copyHooks(hooksFrom, outputDir, MODES);
    emit({ event: 'copied', what: 'hooks', files, atUs: monotonicUs() });
  }
  return blobsFrom !== null || hooksFrom !== null;
}

/** `made`: the outermost folder that was not there before. */
async function provision({ outputDir }: FleetRecovery): Promise<{ work: string; made: string }> {
  const work = join(outputDir, WORK_FOLDER);
  const made = await mkdir(outputDir, { recursive: true, mode: FOLDER_MODE });
  // What an interrupted recovery left is ours to remove; anything else is somebody's.
  await rm(work, { recursive: true, force: true });
  const found = await readdir(outputDir);
  if (found.length > 0) {
    throw new DrillError('DRILL_E_USAGE', {
      what: `${outputDir} is not empty`,
      why: `it holds ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}, and a file or a stale -wal beside a restored database would change what it says`,
      fix: 'restore into an empty folder, then move it into place',
      exit: 2,
    });
  }
  await mkdir(work, { mode: 0o700 });
  return { work, made: made ?? work };
}

async function discover({ store, prefix, layout }: FleetRecovery): Promise<Map<string, FoundReplica>> {
  const client = openS3(store);
  try {
    const objects = await client.list(keyBase(prefix));
    const clock = clockProblem(client.contact());
    if (clock !== null) throw new DrillError('DRILL_E_STORE_REFUSED', { ...clock, exit: 3 });
    return placesInBucket(databasesInBucket(objects, prefix), layout);
  } catch (error) {
    if (error instanceof DrillError) throw error;
    const { kind, ...words } = diagnose(error, `list the bucket ${store.bucket}`, store, NAMES);
    const code = kind === 'refused' ? 'DRILL_E_STORE_REFUSED' : 'DRILL_E_STORE_UNREACHABLE';
    throw new DrillError(code, { ...words, exit: 3, cause: error });
  } finally {
    client.close();
  }
}

/** system.db, then the realms it knows, then the apps they know; a realm's apps start as soon as it is back. */
async function restoreTree(
  recovery: FleetRecovery,
  work: string,
  inBucket: ReadonlyMap<string, FoundReplica>,
  parallelism: number,
  keep: (record: RestoreRecord) => void,
): Promise<void> {
  const queue = new WorkQueue(parallelism);
  let nextJob = 0;
  /** Restores one database and reads what it registers while it is still alone in its work folder; null: nobody knows. */
  const bringBack = async (
    path: string,
    read: ((file: string) => Registered) | null,
  ): Promise<string[] | null> => {
    const found = inBucket.get(path);
    if (found === undefined) {
      const why =
        path === SYSTEM_PATH ? 'no replica of it' : 'registered by its parent, but no replica of it';
      keep(skipped(path, 'not-in-bucket', `${why} below the prefix "${recovery.prefix}"`));
      return null;
    }
    const job: RestoreJob = {
      path,
      workDir: join(work, String(nextJob++)),
      prefix: recovery.prefix,
      store: recovery.store,
      litestream: recovery.litestream,
      found: found.replica,
      note: found.note,
      env: recovery.env,
      timestamp: recovery.timestamp ?? null,
      timeoutMs: recovery.databaseTimeoutMs,
    };
    const { record, registered } = await handOver(job, join(recovery.outputDir, path), read);
    await rm(job.workDir, { recursive: true, force: true });
    const reason = registered?.reason ? `it registers nothing: ${registered.reason}` : '';
    keep({ ...record, detail: [record.detail, reason].filter(Boolean).join('; ') });
    return registered?.ids ?? null;
  };
  const bringBackRealm = async (realm: string): Promise<void> => {
    const apps =
      (await bringBack(realmPath(realm), registeredApps)) ??
      pathsBelow(inBucket, new RegExp(`^realms/${realm}/apps/([^/]+)/data\\.db$`));
    for (const app of apps) queue.add(1, () => bringBack(appPath(realm, app), null));
  };
  queue.add(0, async () => {
    // Without a system.db the bucket's own list is the best registry there is.
    const realms =
      (await bringBack(SYSTEM_PATH, registeredRealms)) ??
      pathsBelow(inBucket, /^realms\/([^/]+)\/realm\.db$/);
    for (const realm of realms) queue.add(0, () => bringBackRealm(realm));
  });
  await queue.drained();
}

function pathsBelow(inBucket: ReadonlyMap<string, FoundReplica>, pattern: RegExp): string[] {
  return [...inBucket.keys()].flatMap((path) => pattern.exec(path)?.[1] ?? []).toSorted();
}

function skipped(path: string, outcome: 'not-in-bucket' | 'not-registered', detail: string): RestoreRecord {
  const atUs = monotonicUs();
  return { path, outcome, exitCode: null, startUs: atUs, endUs: atUs, bytes: 0, detail };
}

/** Restores one database and puts it into place. A disk without room for it is told of it like any other failure. */
async function handOver(
  job: RestoreJob,
  destination: string,
  read: ((file: string) => Registered) | null,
): Promise<{ readonly record: RestoreRecord; readonly registered: Registered | null }> {
  const startUs = monotonicUs();
  try {
    const { record, file } = await restoreDatabase(job);
    const registered = file === null ? null : (read?.(file) ?? null);
    if (file !== null) await putIntoPlace(file, destination);
    return { record, registered };
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    const record = {
      path: job.path,
      outcome: 'failed' as const,
      exitCode: null,
      startUs,
      endUs: monotonicUs(),
      bytes: 0,
      detail: messageOf(error),
    };
    return { record, registered: null };
  }
}

function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

async function putIntoPlace(file: string, destination: string): Promise<void> {
  await mkdir(dirname(destination), { recursive: true, mode: FOLDER_MODE });
  await chmod(file, FILE_MODE);
  await rename(file, destination);
}

/** A recovery run as root leaves what the service user, owner of the output folder, can open. */
async function adoptOwner(outputDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(outputDir);
  if (uid === 0) return;
  for (const entry of await readdir(outputDir, { recursive: true }))
    await chown(join(outputDir, entry), uid, gid);
}
