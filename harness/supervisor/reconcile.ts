import { litestreamIntervals, renderReplicateConfig } from '../litestream/config.ts';
import { fileIdentity } from '../litestream/file-identity.ts';
import { hasBegunAnew } from '../litestream/protection.ts';
import { replaceFile } from './atomic-file.ts';
import type { BucketWatch } from './bucket-watch.ts';
import { type Changes, changesBetween } from './changes.ts';
import { type Discovery, discover } from './discover.ts';
import { reasonOf } from './failure.ts';
import { withoutForeignPast } from './foreign-past.ts';
import { acrossGap } from './gap.ts';
import { filesHeldBy } from './held-files.ts';
import { databaseCapacity } from './preflight.ts';
import { pause, type Run, SOCKET } from './run.ts';
import { unreadFolders } from './status.ts';
import { settle, takeInPlace } from './take-in.ts';

/** Keeps litestream.yml and the child in step with the databases on disk. */
export async function reconcileLoop(run: Run): Promise<void> {
  const { fleet, watch } = run;
  const { log, stop } = run.options;
  const rescanMs = clamp(run.config.replicateIntervalSec * 100, 100, 1000);
  let begun = false;
  let unread = '[]';
  while (!stop.aborted) {
    const startMs = performance.now();
    try {
      fleet.discovery = withinCapacity(discover(run.files.dataDir, run.config.prefix, run.binary.line));
      const folders = unreadFolders(fleet.discovery);
      if (unread !== JSON.stringify(folders)) {
        unread = JSON.stringify(folders);
        if (folders.length > 0)
          log.write('error', 'databases in these folders are not replicated', {
            count: folders.length,
            folders: folders.slice(0, 20),
          });
        run.publish();
      }
      const databases = await withoutForeignPast(
        run,
        fleet.discovery.databases.filter(({ path }) => !fleet.patience.isWaiting(path, startMs)),
      );
      // What took the place of another while nobody looked.
      if (!begun) for (const path of run.memory.strangersAmong(databases)) fleet.strangers.add(path);
      if (run.replication.status().pid !== null)
        for (const { path } of run.overwritten.among(fleet.replicated, filesHeldBy(run.files.config)))
          fleet.strangers.add(path);
      const changes = changesBetween(fleet.replicated, databases, fleet.strangers);
      if (!begun || changes.added.length + changes.removed.length + changes.replaced.length > 0) {
        await reconfigure(run, databases, changes);
        begun = true;
        run.publish();
        fleet.woken.abort();
      } else if (databases.some(({ path, file }) => movedOn(path, file, watch))) {
        fleet.woken.abort();
      }
    } catch (error) {
      // A full disk or a vanished folder: the child goes on with what it has, and we try again.
      log.write('error', 'the databases on disk could not be reconciled', { error: reasonOf(error) });
    }
    // A walk of a large fleet must not become all that we do; a burst of new databases costs one restart, not one each. But
    // after a restart that took a minute a newcomer must not wait for four.
    await pause(clamp((performance.now() - startMs) * 4, rescanMs, LONGEST_PAUSE_MS), stop);
  }
}

async function reconfigure(run: Run, databases: Discovery['databases'], changes: Changes): Promise<void> {
  const { options, files, fleet, replication, memory } = run;
  replaceFile(files.config, configText(run, databases));
  memory.expect(changes.added);
  options.log.write('info', 'the databases to replicate have changed', { count: databases.length });
  for (const { path } of changes.replaced) fleet.strangers.add(path);
  if (databases.length === 0) {
    await replication.stop(REPLACE_GRACE_MS);
    fleet.replicated = [];
    meetAgain(run, changes.removed);
    memory.replicated([], fleet.strangers);
    return;
  }
  const taken = await takeInPlace(run, changes, databases);
  if (taken === null) {
    await replace(run, databases, changes.replaced);
  } else {
    fleet.replicated = taken;
    releaseGuardLater(run, changes.added.length + changes.replaced.length);
    // One that must not be taken in yet must not be found there by a Litestream that starts anew either.
    if (taken.length < databases.length) replaceFile(files.config, configText(run, taken));
  }
  const replicated = new Set(fleet.replicated.map(({ path }) => path));
  for (const { path } of databases) {
    if (!replicated.has(path)) fleet.patience.left(path, performance.now());
    else {
      fleet.strangers.delete(path);
      fleet.patience.taken(path);
    }
  }
  meetAgain(run, changes.removed);
  memory.replicated(fleet.replicated, fleet.strangers);
}

/**
 * Before Litestream lets a database go it copies the WAL at its path once more. One that lies there by now may have come
 * before that, and its WAL is taken for the former's continuation.
 */
function meetAgain({ fleet }: Run, removed: Discovery['databases']): void {
  for (const { path, file } of removed) if (fileIdentity(file) !== '') fleet.strangers.add(path);
}

function configText({ binary, config, settings, socket }: Run, databases: Discovery['databases']): string {
  const { prefix, replicateIntervalSec, stopTimeoutSec } = config;
  return renderReplicateConfig({
    line: binary.line,
    databases,
    settings,
    prefix,
    replicateIntervalSec,
    // Less than the stop timeout: the other databases and the process itself need some of it.
    shutdownSyncMs: Math.floor(stopTimeoutSec * 800),
    ...(socket === null ? {} : { socket: SOCKET }),
  });
}

/** Puts a new Litestream in the place of the running one, under the guard of what that one has held. */
export async function replace(
  run: Run,
  databases: Discovery['databases'],
  replaced: Discovery['databases'],
): Promise<void> {
  const { fleet, replication, overwritten } = run;
  const replicated = fleet.replicated;
  const newcomers = new Set(replaced.map(({ path }) => path));
  const isKnown = ({ path }: Discovery['databases'][number]): boolean => !newcomers.has(path);
  const present = new Set(databases.map(({ path }) => path));
  const isGuarded = await guarded(
    run,
    replicated.filter((database) => present.has(database.path) && isKnown(database)),
  );
  if (!isGuarded) overwritten.forgetAll();
  try {
    await replication.start(REPLACE_GRACE_MS, async () => {
      const cut = isGuarded ? [] : await acrossGap(run, databases.filter(isKnown));
      await settleAll(run, databases, [...replaced, ...cut]);
    });
  } finally {
    // Also where nothing was started: what was held for it must not be held for ever.
    if (replication.status().state === 'fenced') run.guard.releaseAfterOutage();
    else releaseGuardLater(run, replicated.length);
  }
}

/** Holds the WALs in the place of the running Litestream. False: none ran or it died before that, or not all are held. */
async function guarded(
  { options, guard, replication }: Run,
  databases: Discovery['databases'],
): Promise<boolean> {
  const { pid } = replication.status();
  if (pid === null) return false;
  const held = await guard.hold(databases.map(({ file }) => file));
  options.log.write('info', 'replacing litestream', { held, databases: databases.length });
  return replication.status().pid === pid && held === databases.length;
}

/** Before a Litestream is started for one that died: nobody has held its place since. */
export async function mendGap(run: Run): Promise<void> {
  const { replicated } = run.fleet;
  run.overwritten.forgetAll();
  await settleAll(run, replicated, await acrossGap(run, replicated));
  releaseGuardLater(run, replicated.length);
}

/** Makes newcomers ready among databases; one that cannot be is left out, and is a stranger to the next look. */
async function settleAll(
  run: Run,
  databases: Discovery['databases'],
  newcomers: Discovery['databases'],
): Promise<void> {
  const { fleet, files } = run;
  fleet.replicated = databases;
  if (newcomers.length === 0) return;
  const left = await settle(run, newcomers);
  if (left.size === 0) return;
  fleet.replicated = databases.filter(({ path }) => !left.has(path));
  for (const path of left) fleet.strangers.add(path);
  replaceFile(files.config, configText(run, fleet.replicated));
}

/** Lets go of the WALs once a Litestream that was just started has had time to take hold itself. */
export function releaseGuardLater(run: Run, databases: number): void {
  const { monitorMs } = litestreamIntervals(run.config.replicateIntervalSec);
  run.guard.releaseAfter(monitorMs + TAKE_HOLD_MS + databases * TAKE_HOLD_EACH_MS, () => isTakenUp(run));
}

/** Whether Litestream has every database open that it is to replicate. */
function isTakenUp({ files, fleet }: Run): boolean {
  const isHeld = filesHeldBy(files.config);
  return fleet.replicated.every(({ file }) => {
    const index = fileIdentity(`${file}-shm`);
    return index === '' || isHeld(index);
  });
}

/** The longest time until somebody looks for newcomers again. */
const LONGEST_PAUSE_MS = 10_000;
/** A replaced child may finish what it is doing for this long; its successor goes on where it was cut off. */
const REPLACE_GRACE_MS = 250;
/** Time for a new Litestream to open its databases: 400 of them take it up to 6 s. */
const TAKE_HOLD_MS = 1500;
const TAKE_HOLD_EACH_MS = 15;

/** What the open-file limit has no room for is left out and named: with too few descriptors Litestream fails all of them. */
function withinCapacity(discovery: Discovery): Discovery {
  const capacity = Math.max(0, databaseCapacity());
  if (discovery.databases.length <= capacity) return discovery;
  const reason = `the limit of open files allows ${capacity} databases; raise it and start anew`;
  const left = discovery.databases.slice(capacity).map(({ path }) => ({ path, reason }));
  return { databases: discovery.databases.slice(0, capacity), refused: [...discovery.refused, ...left] };
}

/** Whether Litestream has begun anew since the last look: the claim of protection is no longer true. */
function movedOn(path: string, file: string, watch: BucketWatch): boolean {
  const position = watch.protections.get(path)?.position;
  return position != null && hasBegunAnew(file, position);
}

function clamp(value: number, from: number, to: number): number {
  return Math.min(to, Math.max(from, value));
}
