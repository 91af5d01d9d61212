import { realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLitestream, type LitestreamBinary, litestreamOnPath } from '../litestream/binary.ts';
import { renderReplicateConfig } from '../litestream/config.ts';
import { litestreamEnvironment } from '../litestream/environment.ts';
import { localGeneration } from '../litestream/local-position.ts';
import { openS3, type S3Client, type S3Settings } from '../store/s3-client.ts';
import { replaceFile } from './atomic-file.ts';
import { type BackoffPolicy, DEFAULT_BACKOFF } from './backoff.ts';
import { BucketWatch } from './bucket-watch.ts';
import { loadConfig, type SupervisorConfig, storeSettings } from './config.ts';
import { discover, type Discovery } from './discover.ts';
import { reasonOf, SupervisorError } from './failure.ts';
import { type Log, nowUs } from './log.ts';
import { lockFleet } from './lock.ts';
import { endReplicators } from './orphans.ts';
import { checkBucket, checkOpenFiles, databaseCapacity } from './preflight.ts';
import { Replication } from './replication.ts';
import { databaseStatuses, type Status } from './status.ts';
import { serveStatus } from './status-server.ts';

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
}

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
    const orphans = await endReplicators(files.config, ORPHAN_GRACE_MS);
    if (orphans > 0) log.write('warn', 'ended replicators of an earlier supervisor', { count: orphans });
    if (!config.enabled) {
      log.write('info', 'replication is disabled; the bucket is left as it is', { dataDir: files.dataDir });
      return;
    }
    const settings = storeSettings(config, env);
    const client = openS3(settings);
    try {
      const binary = await preflight(options, config, files, client);
      await supervise({ options, config, files, settings, client, binary });
    } finally {
      client.close();
    }
  } finally {
    lock.release();
  }
}

/** A replaced child may finish what it is doing for this long; its successor goes on where it was cut off. */
const REPLACE_GRACE_MS = 250;
const ORPHAN_GRACE_MS = 1000;

interface Files {
  readonly dataDir: string;
  readonly config: string;
  readonly status: string;
  readonly lock: string;
}

interface Run {
  readonly options: SupervisorOptions;
  readonly config: SupervisorConfig;
  readonly files: Files;
  readonly settings: S3Settings;
  readonly client: S3Client;
  readonly binary: LitestreamBinary;
}

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
): Promise<LitestreamBinary> {
  const { databases } = discover(files.dataDir, config.prefix);
  checkOpenFiles(databases.length);
  const [binary] = await Promise.all([
    findLitestream(litestream ?? litestreamOnPath(env), env),
    checkBucket(client, config.bucket, config.prefix),
  ]);
  log.write('info', 'preflight passed', {
    ...binary,
    bucket: config.bucket,
    prefix: config.prefix,
    databases: databases.length,
  });
  return binary;
}

async function supervise(run: Run): Promise<void> {
  const { options, config, files, settings, client, binary } = run;
  const { log, env, stop } = options;
  const replication = new Replication({
    command: binary.path,
    configPath: files.config,
    dataDir: files.dataDir,
    env: litestreamEnvironment(settings, env),
    log,
    backoff: options.backoff ?? DEFAULT_BACKOFF,
  });
  const watch = new BucketWatch({
    client,
    prefix: config.prefix,
    stallMs: options.stallMs ?? Math.max(120_000, config.replicateIntervalSec * 12_000),
  });
  const fleet: Fleet = { discovery: { databases: [], refused: [] }, woken: new AbortController() };
  const status = (): Status => currentStatus(run, startedAt, fleet, replication, watch);
  const startedAt = new Date().toISOString();
  const server = config.statusListen === null ? null : await serveStatus(config.statusListen, status);
  if (server !== null) log.write('info', 'status endpoint', { address: server.address });
  options.kill.addEventListener('abort', () => replication.kill());
  const publish = (): void => publishStatus(files.status, status(), log);
  try {
    await Promise.all([
      reconcileLoop(run, fleet, replication, watch, publish),
      watchLoop(run, fleet, replication, watch, publish),
    ]);
  } finally {
    const graceMs = options.kill.aborted ? 0 : config.stopTimeoutSec * 1000;
    log.write('info', 'stopping', { reason: stop.aborted ? 'asked to' : 'an error', graceMs });
    await replication.stop(graceMs);
    publish();
    await server?.close();
  }
}

interface Fleet {
  discovery: Discovery;
  /** Aborted to cut the pause before the next look at the bucket short. */
  woken: AbortController;
}

/** Keeps litestream.yml and the child in step with the databases on disk. */
async function reconcileLoop(
  run: Run,
  fleet: Fleet,
  replication: Replication,
  watch: BucketWatch,
  publish: () => void,
): Promise<void> {
  const { log, stop } = run.options;
  const rescanMs = clamp(run.config.replicateIntervalSec * 100, 100, 1000);
  let configured: string | null = null;
  while (!stop.aborted) {
    const startMs = performance.now();
    try {
      fleet.discovery = withinCapacity(discover(run.files.dataDir, run.config.prefix));
      const { databases } = fleet.discovery;
      const identity = databases.map((database) => `${database.path}\0${database.identity}`).join('\n');
      if (identity !== configured) {
        await reconfigure(run, databases, replication);
        configured = identity;
        publish();
        fleet.woken.abort();
      } else if (databases.some(({ path, file }) => movedOn(path, file, watch))) {
        fleet.woken.abort();
      }
    } catch (error) {
      // A full disk or a vanished folder: the child goes on with what it has, and we try again.
      log.write('error', 'the databases on disk could not be reconciled', { error: reasonOf(error) });
    }
    // A walk of a large fleet must not become all that we do; a burst of new databases costs one restart, not one each.
    await pause(Math.max(rescanMs, (performance.now() - startMs) * 4), stop);
  }
}

async function reconfigure(
  { options, config, files, settings }: Run,
  databases: Discovery['databases'],
  replication: Replication,
): Promise<void> {
  const { prefix, replicateIntervalSec } = config;
  replaceFile(files.config, renderReplicateConfig({ databases, settings, prefix, replicateIntervalSec }));
  options.log.write('info', 'the databases to replicate have changed', { count: databases.length });
  if (databases.length === 0) await replication.stop(REPLACE_GRACE_MS);
  else await replication.start(REPLACE_GRACE_MS);
}

/** Looks at the bucket, tells what it sees, and cures uploads that 0.3 has given up. */
async function watchLoop(
  { options, config }: Run,
  fleet: Fleet,
  replication: Replication,
  watch: BucketWatch,
  publish: () => void,
): Promise<void> {
  const { log, stop } = options;
  const calm = { fastMs: 250, slowMs: Math.max(5000, config.replicateIntervalSec * 1000) };
  let lastError: string | null = null;
  while (!stop.aborted) {
    fleet.woken = new AbortController();
    await watch.look(() => fleet.discovery.databases);
    const { error } = watch.bucket;
    if (error !== lastError)
      log.write(error === null ? 'info' : 'error', 'listing the bucket', { error: error ?? 'works again' });
    lastError = error;
    try {
      await cureStalls(fleet, replication, watch, log);
    } catch (failure) {
      log.write('error', 'litestream could not be started anew', { error: reasonOf(failure) });
    }
    publish();
    await pause(watch.pauseMs(calm), AbortSignal.any([stop, fleet.woken.signal]));
  }
}

async function cureStalls(
  { discovery }: Fleet,
  replication: Replication,
  watch: BucketWatch,
  log: Log,
): Promise<void> {
  const stalled = await watch.stalled(discovery.databases);
  if (stalled.length === 0) return;
  log.write('error', 'uploads have stalled; litestream is started anew', {
    count: stalled.length,
    databases: stalled.slice(0, 20),
  });
  watch.forgetStalls();
  await replication.start(REPLACE_GRACE_MS);
}

/** What the open-file limit has no room for is left out and named: with too few descriptors Litestream fails all of them. */
function withinCapacity(discovery: Discovery): Discovery {
  const capacity = Math.max(0, databaseCapacity());
  if (discovery.databases.length <= capacity) return discovery;
  const reason = `the limit of open files allows ${capacity} databases; raise it and start anew`;
  const left = discovery.databases.slice(capacity).map(({ path }) => ({ path, reason }));
  return { databases: discovery.databases.slice(0, capacity), refused: [...discovery.refused, ...left] };
}

/** Whether Litestream has begun a new generation since the last look: the claim of protection is no longer true. */
function movedOn(path: string, file: string, watch: BucketWatch): boolean {
  const position = watch.protections.get(path)?.position;
  return position != null && localGeneration(file) !== position.generation;
}

function currentStatus(
  { binary }: Run,
  startedAt: string,
  { discovery }: Fleet,
  replication: Replication,
  watch: BucketWatch,
): Status {
  return {
    schemaVersion: 1,
    updatedAt: new Date().toISOString(),
    updatedUs: nowUs(),
    supervisor: { pid: process.pid, startedAt },
    litestream: binary,
    child: replication.status(),
    bucket: watch.bucket,
    databases: databaseStatuses(discovery, watch.protections),
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

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // An abort ends the pause; that is all it means here.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

function clamp(value: number, from: number, to: number): number {
  return Math.min(to, Math.max(from, value));
}
