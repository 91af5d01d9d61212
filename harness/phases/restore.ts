import { join } from 'node:path';
import { wallTimeOf } from '../clock.ts';
import { DrillError } from '../errors.ts';
import type { RestoreRecord } from '../evidence/database.ts';
import { type DeadHost, type RunningHost, startHost, toldExit } from '../host/host.ts';
import { subjectEnvironment } from '../host/subject.ts';
import { ownProgram } from '../litestream/own-program.ts';
import type { RecoveryEvent } from '../recovery/events.ts';
import { lastLitestream } from '../planned-drill.ts';
import type { Store } from '../store/store.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import { beginStoreFaults, endStoreFaults } from './store-faults.ts';

const CLI = ownProgram('../cli.ts', import.meta.url);
const RESTORE = 'restore';

/** A new host whose data directory holds what the bucket gave back. */
export interface Recovered {
  readonly host: RunningHost;
  readonly records: readonly RestoreRecord[];
}

/**
 * Restores on a new host by `drill restore`, as an operator would, with the recovery credential. `_dead`: only a
 * host that is dead can be recovered; nothing of it is used. `life` 1: after the disaster; 2: the second restore.
 */
export async function restoreFromBucket(
  drill: DrillContext,
  store: Store,
  _dead: DeadHost,
  life: 1 | 2,
): Promise<Recovered> {
  const { paths, resources, recorder, found } = drill;
  const host = resources.use(await startHost(life === 1 ? paths.newHost : paths.secondRestore));
  const records: RestoreRecord[] = [];
  let inBucket = 0;
  const hear = (event: RecoveryEvent): void => {
    if (event.event === 'database') records.push(event.record);
    if (life === 1) timeStages(found.recovery, event);
    if (event.event === 'discovered') inBucket = event.databases;
    const done = records.filter((record) => record.outcome === 'restored').length;
    recorder.progress(done, inBucket, 'restored');
  };
  // A rehearsal has had them before.
  const isStruck = life === 1 && drill.scenario.rehearsal === undefined;
  if (isStruck) await beginStoreFaults(drill, store, 'recovery', drill.order.clock.nowUs());
  else if (life === 1) await endStoreFaults(drill, store, 'recovery');
  await runRestore(drill, store, host, {
    logName: `restore-life-${life}.log`,
    pointInTime: life === 1,
    hear,
  });
  if (isStruck) await endStoreFaults(drill, store, 'recovery');
  if (life === 1) found.restores = records;
  return { host, records };
}

interface RestoreRun {
  readonly logName: string;
  /** Whether the scenario's point in time is asked for; else the newest state. */
  readonly pointInTime: boolean;
  /** Another instant than that of the scenario. */
  readonly atUs?: number;
  readonly hear: (event: RecoveryEvent) => void;
}

/** Runs `drill restore` on a host, into its data directory, until it has ended. */
export async function runRestore(
  drill: DrillContext,
  store: Store,
  host: RunningHost,
  run: RestoreRun,
): Promise<void> {
  const exitCode = await endOfRestore(drill, store, host, run);
  // 1: some database did not come back, which its record says. Others: it could not work at all.
  if (exitCode !== 0 && exitCode !== 1) {
    throw whyItFailed(store, `it ended with exit code ${exitCode}`);
  }
}

/** The same for whoever wants its exit code, whatever it is; one that does not end by itself is no answer. */
export async function endOfRestore(
  drill: DrillContext,
  store: Store,
  host: RunningHost,
  { logName, pointInTime, atUs, hear }: RestoreRun,
): Promise<number> {
  const { paths, order, scenario, found } = drill;
  host.listen((event) => {
    if (event.event === 'line' && event.name === RESTORE) hear(JSON.parse(event.text) as RecoveryEvent);
  });
  host.start({
    name: RESTORE,
    argv: [process.execPath, CLI, ...restoreArguments(drill, store, host, pointInTime, atUs)],
    shell: null,
    cwd: host.paths.folder,
    env: subjectEnvironment(host.paths, store.recovery),
    logFile: join(paths.logs, logName),
    relay: true,
    ledgerFile: null,
  });
  const databases = (found.seeded?.databases ?? 0) + scenario.workload.newApps + scenario.workload.newRealms;
  const exit = await waitFor(() => toldExit(host, RESTORE), {
    timeoutMs: restoreLimitMs(databases),
    everyMs: 10,
    signal: order.signal,
  });
  if (exit === null) throw restoreFailed('it did not end in time');
  if (exit.exitCode === null) throw whyItFailed(store, `it ended with ${exit.signal}`);
  return exit.exitCode;
}

function restoreArguments(
  { scenario, order, paths, found }: DrillContext,
  store: Store,
  host: RunningHost,
  pointInTime: boolean,
  instantUs: number | undefined,
): string[] {
  // The second life is restored whole: nobody has asked for a point in it.
  const { kill } = found;
  const toKill = pointInTime && scenario.recovery.point === 'kill' ? kill : null;
  const atUs = instantUs ?? toKill?.atUs ?? null;
  const timestamp = atUs === null ? null : wallTimeOf(atUs, order.clock).toISOString();
  return [
    'restore',
    `--bucket=${store.recovery.bucket}`,
    `--prefix=${store.prefix}`,
    `--layout=${scenario.recovery.layout}`,
    `--output-dir=${host.paths.dataDir}`,
    `--litestream=${lastLitestream(order).path}`,
    `--parallelism=${scenario.recovery.parallelism}`,
    ...(timestamp === null ? [] : [`--timestamp=${timestamp}`]),
    `--database-timeout=${scenario.recovery.databaseTimeout}`,
    // Blobs in S3 are where they belong: the page calls that step automatic.
    ...(scenario.blobs.backend === 'local' ? [`--blobs-from=${paths.blobMirror}`] : []),
    ...(scenario.hooks.perApp > 0 ? [`--hooks-from=${paths.versionControl}`] : []),
    '--events',
  ];
}

function timeStages(stages: DrillContext['found']['recovery'], event: RecoveryEvent): void {
  switch (event.event) {
    case 'provisioned':
      stages.provisionedUs = event.atUs;
      return;
    case 'discovered':
      stages.discoveredUs = event.atUs;
      stages.parallelism = event.parallelism;
      return;
    case 'database':
      if (event.record.outcome === 'restored') stages.firstDatabaseUs ??= event.record.endUs;
      return;
    case 'copied':
      return;
    case 'finished':
      stages.restoredUs = event.atUs;
      return;
  }
}

/** Every single restore has its own limit; this one only ends a recovery that hangs between them. */
function restoreLimitMs(databases: number): number {
  return 120_000 + databases * 5000;
}

/** A recovery whose store has ended is not to blame for it. */
function whyItFailed(store: Store, how: string): DrillError {
  const failure = store.failure();
  if (failure === null) return restoreFailed(how);
  return new DrillError('DRILL_E_STORE_UNREACHABLE', {
    what: 'the store ended during the recovery',
    why: failure,
    fix: "look at the store's log in evidence/…/logs, and run it again",
    exit: 3,
  });
}

function restoreFailed(why: string): DrillError {
  return new DrillError('DRILL_E_RESTORE_FAILED', {
    what: 'the recovery could not do its work',
    why,
    fix: 'look at evidence/…/logs/restore-*.log in the run directory',
    exit: 3,
  });
}
