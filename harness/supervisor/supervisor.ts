import { realpathSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findLitestream, type LitestreamBinary, litestreamOnPath } from '../litestream/binary.ts';
import { litestreamEnvironment } from '../litestream/environment.ts';
import { ownIntervalsSuffice } from '../litestream/config.ts';
import { ControlSocket } from '../litestream/control-socket.ts';
import { hasControlSocket, restoreRule } from '../litestream/version.ts';
import { hasWalResetBug, walResetWarning } from '../litestream/sqlite-range.ts';
import { openS3, type S3Client, type S3Settings } from '../store/s3-client.ts';
import { replaceFile } from './atomic-file.ts';
import { DEFAULT_BACKOFF } from './backoff.ts';
import { BucketWatch } from './bucket-watch.ts';
import { loadConfig, type SupervisorConfig, storeSettings } from './config.ts';
import { discover } from './discover.ts';
import { reasonOf, SupervisorError } from './failure.ts';
import { FreeSpace, spaceLoop } from './free-space.ts';
import { WalGuard } from './guard.ts';
import { type LeaseStore, openLeaseStore } from './lease-store.ts';
import { lockFleet } from './lock.ts';
import { type Log, nowUs } from './log.ts';
import { Memory } from './memory.ts';
import { NewcomerPatience } from './newcomer-patience.ts';
import { Overwritten } from './overwritten.ts';
import { endReplicators } from './orphans.ts';
import { checkBucket, checkOpenFiles } from './preflight.ts';
import { mendGap, reconcileLoop } from './reconcile.ts';
import { registryLoop } from './registry.ts';
import { Replication } from './replication.ts';
import { beginAnewAfterLtx } from './rollback.ts';
import { type Basis, type Files, type Run, SOCKET, type SupervisorOptions } from './run.ts';
import { raiseLevelZero } from './snapshot-ahead.ts';
import { databaseStatuses, type Status, unreadFolders } from './status.ts';
import { serveStatus } from './status-server.ts';
import { openTenure, type Tenure } from './tenure.ts';
import { watchLoop } from './watch-loop.ts';

/**
 * Runs the supervisor until it is told to stop; answers when its child is gone. Throws SupervisorError, with nothing
 * started, when config, credentials, bucket, limits or Litestream will not do.
 */
export async function runSupervisor(options: SupervisorOptions): Promise<void> {
  const { log, env } = options;
  const config = loadConfig(resolve(options.config), env);
  const files = filesOf(config.dataDir);
  const lock = lockFleet(files.lock, files.status);
  try {
    // What an earlier supervisor claimed is not ours to claim.
    rmSync(files.status, { force: true });
    const orphans = await endReplicators(files.config, ORPHAN_GRACE_MS);
    if (orphans > 0) log.write('warn', 'ended replicators of an earlier supervisor', { count: orphans });
    if (!config.enabled) {
      log.write('info', 'replication is disabled; the bucket is left as it is', { dataDir: files.dataDir });
      return;
    }
    const settings = storeSettings(config, env);
    const client = openS3(settings);
    try {
      const { binary, leaseStore } = await preflight(options, config, files, client, settings);
      await supervise({ options, config, files, settings, client, binary, leaseStore });
    } finally {
      client.close();
    }
  } finally {
    lock.release();
  }
}

const ORPHAN_GRACE_MS = 1000;

/** The real path: whoever comes by another name finds the same lock and the same orphans. */
function filesOf(configured: string): Files {
  try {
    const dataDir = realpathSync(configured);
    if (!statSync(dataDir).isDirectory()) throw new Error('it is not a folder');
    return {
      dataDir,
      config: join(dataDir, 'litestream.yml'),
      status: join(dataDir, 'litestream-status.json'),
      lock: join(dataDir, 'litestream.lock'),
      memory: join(dataDir, 'litestream-replicated.json'),
      lastLease: join(dataDir, 'litestream-last-lease.json'),
    };
  } catch (error) {
    throw new SupervisorError('DRILL_E_CONFIG_INVALID', {
      what: `there is no data directory ${configured}`,
      why: reasonOf(error),
      fix: 'correct data_dir in rustbase.toml, or start RustBaas once so that it makes the folder',
      exit: 2,
      cause: error,
    });
  }
}

async function preflight(
  { litestream, env, log }: SupervisorOptions,
  config: SupervisorConfig,
  files: Files,
  client: S3Client,
  settings: S3Settings,
): Promise<{ binary: LitestreamBinary; leaseStore: LeaseStore | null }> {
  const binary = await findLitestream(litestream ?? litestreamOnPath(env), env);
  const { databases } = discover(files.dataDir, config.prefix, binary.line);
  checkOpenFiles(databases.length);
  await checkBucket(client, settings, config.prefix);
  const leaseStore = await leaseStoreOf(config, client, log);
  log.write('info', 'preflight passed', {
    ...binary,
    bucket: config.bucket,
    prefix: config.prefix,
    databases: databases.length,
  });
  if (hasWalResetBug(binary.sqlite)) log.write('warn', walResetWarning(binary.version, binary.sqlite), {});
  return { binary, leaseStore };
}

async function leaseStoreOf(
  { lease, prefix }: SupervisorConfig,
  client: S3Client,
  log: Log,
): Promise<LeaseStore | null> {
  if (!lease) return null;
  const store = await openLeaseStore(client, prefix);
  if (!store.conditional) {
    log.write('warn', 'the store has no conditional writes; the lease is weaker', {
      cannot: 'keep two supervisors apart that start within the same second and a half',
    });
  }
  return store;
}

async function supervise(basis: Basis): Promise<void> {
  const tenure = await openTenure(basis);
  if (tenure === null) return;
  try {
    // Nobody else changes the bucket from here on.
    await beginAnewAfterLtx(basis);
    await raiseLevelZero(basis);
    await replicate(basis, tenure);
  } finally {
    // Litestream has ended; a successor may begin.
    await tenure.end();
  }
}

async function replicate(basis: Basis, tenure: Tenure): Promise<void> {
  const { config, files, settings, client, binary } = basis;
  const stop = AbortSignal.any([basis.options.stop, tenure.lost]);
  const options = { ...basis.options, stop };
  const { log, env, kill } = options;
  const startedAt = new Date().toISOString();
  const run: Run = {
    ...basis,
    options,
    replication: new Replication({
      command: binary.path,
      configPath: files.config,
      dataDir: files.dataDir,
      env: litestreamEnvironment(settings, env),
      log,
      backoff: options.backoff ?? DEFAULT_BACKOFF,
      mayWrite: () => tenure.mayWrite(),
      beforeRestart: () => mendGap(run),
    }),
    watch: new BucketWatch({
      client,
      prefix: config.prefix,
      rule: restoreRule(binary),
      stallMs: options.stallMs ?? Math.max(120_000, config.replicateIntervalSec * 12_000),
    }),
    guard: new WalGuard(),
    memory: new Memory(files.memory),
    overwritten: new Overwritten(),
    freeSpace: new FreeSpace(files.dataDir, log),
    fleet: {
      discovery: { databases: [], refused: [] },
      replicated: [],
      strangers: new Set(),
      patience: new NewcomerPatience(),
      missing: [],
      woken: new AbortController(),
    },
    socket:
      hasControlSocket(binary) && ownIntervalsSuffice(config.replicateIntervalSec)
        ? ControlSocket.at(join(files.dataDir, SOCKET))
        : null,
    publish: () => publishStatus(files.status, currentStatus(run, tenure, startedAt), log),
  };
  const server =
    config.statusListen === null
      ? null
      : await serveStatus(config.statusListen, () => currentStatus(run, tenure, startedAt));
  if (server !== null) log.write('info', 'status endpoint', { address: server.address });
  const onKill = (): void => run.replication.kill();
  kill.addEventListener('abort', onKill);
  tenure.begin(run);
  try {
    await Promise.all([reconcileLoop(run), watchLoop(run), spaceLoop(run), registryLoop(run)]);
  } finally {
    const graceMs = kill.aborted ? 0 : config.stopTimeoutSec * 1000;
    log.write('info', 'stopping', { reason: reasonToStop(basis.options.stop, tenure), graceMs });
    run.guard.release();
    await run.replication.stop(graceMs);
    kill.removeEventListener('abort', onKill);
    // Whoever waits for it need not wait for us; what became of it is told when all is done.
    await tenure.end().catch(() => undefined);
    run.publish();
    await server?.close();
  }
}

function reasonToStop(stop: AbortSignal, { lost }: Tenure): string {
  if (lost.aborted) return 'the lease is lost';
  return stop.aborted ? 'asked to' : 'an error';
}

function currentStatus(
  { binary, replication, watch, fleet, freeSpace }: Run,
  tenure: Tenure,
  startedAt: string,
): Status {
  return {
    schemaVersion: 1,
    updatedAt: new Date().toISOString(),
    updatedUs: nowUs(),
    supervisor: { pid: process.pid, startedAt },
    litestream: binary,
    child: replication.status(),
    lease: tenure.status(),
    bucket: watch.bucket,
    disk: freeSpace.disk,
    databases: databaseStatuses(fleet.discovery, watch.protections),
    unread: unreadFolders(fleet.discovery),
    missing: fleet.missing,
  };
}

function publishStatus(file: string, status: Status, log: Log): void {
  try {
    // Not forced to the disk: after a power cut it would be out of date anyway.
    replaceFile(file, `${JSON.stringify(status, null, 1)}\n`, { mode: 0o644, durable: false });
  } catch (error) {
    log.write('error', 'the status file cannot be written', { file, error: reasonOf(error) });
  }
}
