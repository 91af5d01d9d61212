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
import { WalGuard } from './guard.ts';
import { lockFleet } from './lock.ts';
import { type Log, nowUs } from './log.ts';
import { endReplicators } from './orphans.ts';
import { checkBucket, checkOpenFiles } from './preflight.ts';
import { reconcileLoop } from './reconcile.ts';
import { Replication } from './replication.ts';
import { beginAnewAfterLtx } from './rollback.ts';
import { type Basis, type Files, type Run, SOCKET, type SupervisorOptions } from './run.ts';
import { databaseStatuses, type Status } from './status.ts';
import { serveStatus } from './status-server.ts';
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
      const binary = await preflight(options, config, files, client, settings);
      const basis = { options, config, files, settings, client, binary };
      await beginAnewAfterLtx(basis);
      await supervise(basis);
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
): Promise<LitestreamBinary> {
  const binary = await findLitestream(litestream ?? litestreamOnPath(env), env);
  const { databases } = discover(files.dataDir, config.prefix, binary.line);
  checkOpenFiles(databases.length);
  await checkBucket(client, settings, config.prefix);
  log.write('info', 'preflight passed', {
    ...binary,
    bucket: config.bucket,
    prefix: config.prefix,
    databases: databases.length,
  });
  if (hasWalResetBug(binary.sqlite)) log.write('warn', walResetWarning(binary.version, binary.sqlite), {});
  return binary;
}

async function supervise(basis: Basis): Promise<void> {
  const { options, config, files, settings, client, binary } = basis;
  const { log, env, stop, kill } = options;
  const startedAt = new Date().toISOString();
  const run: Run = {
    ...basis,
    replication: new Replication({
      command: binary.path,
      configPath: files.config,
      dataDir: files.dataDir,
      env: litestreamEnvironment(settings, env),
      log,
      backoff: options.backoff ?? DEFAULT_BACKOFF,
    }),
    watch: new BucketWatch({
      client,
      prefix: config.prefix,
      rule: restoreRule(binary),
      stallMs: options.stallMs ?? Math.max(120_000, config.replicateIntervalSec * 12_000),
    }),
    guard: new WalGuard(),
    fleet: {
      discovery: { databases: [], refused: [] },
      replicated: [],
      strangers: new Set(),
      woken: new AbortController(),
    },
    socket:
      hasControlSocket(binary) && ownIntervalsSuffice(config.replicateIntervalSec)
        ? ControlSocket.at(join(files.dataDir, SOCKET))
        : null,
    publish: () => publishStatus(files.status, currentStatus(run, startedAt), log),
  };
  const server =
    config.statusListen === null
      ? null
      : await serveStatus(config.statusListen, () => currentStatus(run, startedAt));
  if (server !== null) log.write('info', 'status endpoint', { address: server.address });
  const onKill = (): void => run.replication.kill();
  kill.addEventListener('abort', onKill);
  try {
    await Promise.all([reconcileLoop(run), watchLoop(run)]);
  } finally {
    const graceMs = kill.aborted ? 0 : config.stopTimeoutSec * 1000;
    log.write('info', 'stopping', { reason: stop.aborted ? 'asked to' : 'an error', graceMs });
    run.guard.release();
    await run.replication.stop(graceMs);
    kill.removeEventListener('abort', onKill);
    run.publish();
    await server?.close();
  }
}

function currentStatus({ binary, replication, watch, fleet }: Run, startedAt: string): Status {
  return {
    schemaVersion: 1,
    updatedAt: new Date().toISOString(),
    updatedUs: nowUs(),
    supervisor: { pid: process.pid, startedAt },
    litestream: binary,
    child: replication.status(),
    bucket: watch.bucket,
    databases: databaseStatuses(fleet.discovery, watch.protections),
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
