import { litestreamIntervals, renderReplicateConfig } from '../litestream/config.ts';
import { hasBegunAnew } from '../litestream/protection.ts';
import { replaceFile } from './atomic-file.ts';
import type { BucketWatch } from './bucket-watch.ts';
import { type Discovery, discover } from './discover.ts';
import { reasonOf } from './failure.ts';
import { databaseCapacity } from './preflight.ts';
import { pause, type Run } from './run.ts';

/** Keeps litestream.yml and the child in step with the databases on disk. */
export async function reconcileLoop(run: Run): Promise<void> {
  const { fleet, watch } = run;
  const { log, stop } = run.options;
  const rescanMs = clamp(run.config.replicateIntervalSec * 100, 100, 1000);
  let configured: string | null = null;
  let replicated: Discovery['databases'] = [];
  while (!stop.aborted) {
    const startMs = performance.now();
    try {
      fleet.discovery = withinCapacity(discover(run.files.dataDir, run.config.prefix));
      const { databases } = fleet.discovery;
      const identity = databases.map((database) => `${database.path}\0${database.identity}`).join('\n');
      if (identity !== configured) {
        await reconfigure(run, databases, replicated);
        configured = identity;
        replicated = databases;
        run.publish();
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
  run: Run,
  databases: Discovery['databases'],
  replicated: Discovery['databases'],
): Promise<void> {
  const { options, files, replication } = run;
  replaceFile(files.config, configText(run, databases));
  options.log.write('info', 'the databases to replicate have changed', { count: databases.length });
  if (databases.length === 0) await replication.stop(REPLACE_GRACE_MS);
  else await replace(run, replicated);
}

function configText({ binary, config, settings }: Run, databases: Discovery['databases']): string {
  const { prefix, replicateIntervalSec, stopTimeoutSec } = config;
  const { line } = binary;
  // Less than the stop timeout: the other databases and the process itself need some of it.
  const shutdownSyncMs = Math.floor(stopTimeoutSec * 800);
  return renderReplicateConfig({ line, databases, settings, prefix, replicateIntervalSec, shutdownSyncMs });
}

/** Puts a new Litestream in the place of the running one, under the guard of what that one has held. */
export async function replace(
  { options, config, guard, replication }: Run,
  replicated: Discovery['databases'],
): Promise<void> {
  if (replication.status().pid !== null) {
    const held = await guard.hold(replicated.map(({ file }) => file));
    options.log.write('info', 'replacing litestream', { held, databases: replicated.length });
  }
  await replication.start(REPLACE_GRACE_MS);
  const { monitorMs } = litestreamIntervals(config.replicateIntervalSec);
  guard.releaseAfter(monitorMs + TAKE_HOLD_MS + replicated.length * TAKE_HOLD_EACH_MS);
}

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
