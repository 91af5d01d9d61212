import { setTimeout as sleep } from 'node:timers/promises';
import { replicaUrl } from '../litestream/config.ts';
import type { ControlSocket } from '../litestream/control-socket.ts';
import type { Changes } from './changes.ts';
import type { DiscoveredDatabase } from './discover.ts';
import { reasonOf } from './failure.ts';
import type { Run } from './run.ts';
import { restartWals } from './wal-restart.ts';

/**
 * Takes databases in and lets others go by the control socket, so that the rest is not disturbed. Answers those that
 * Litestream has now; null: it did not work, and Litestream must be replaced.
 */
export async function takeInPlace(
  run: Run,
  { added, removed, replaced }: Changes,
  present: readonly DiscoveredDatabase[],
): Promise<readonly DiscoveredDatabase[] | null> {
  const { socket, replication, config, settings } = run;
  if (socket === null || replication.status().pid === null) return null;
  if (added.length + removed.length + replaced.length > MAX_CHANGES) return null;
  try {
    await answering(socket);
    for (const { file } of [...removed, ...replaced]) await socket.unregister(file);
    const strangers = await settle(run, replaced);
    await hold(run, added);
    for (const { path, file } of [...added, ...replaced]) {
      if (!strangers.has(path)) await socket.register(file, replicaUrl(settings, config.prefix, path));
    }
    const taken = present.filter(({ path }) => !strangers.has(path));
    const listed = await socket.list();
    if (
      listed.join('\n') !==
      taken
        .map(({ file }) => file)
        .toSorted()
        .join('\n')
    ) {
      throw new Error(`it has ${listed.length} databases registered, not the ${taken.length} it should`);
    }
    return taken;
  } catch (error) {
    run.options.log.write('warn', 'the control socket does not serve; litestream is replaced', {
      error: reasonOf(error),
    });
    return null;
  }
}

/**
 * Makes databases that took the place of others ready to be taken in, while nobody replicates them. Answers the paths
 * that are not.
 */
export async function settle(
  run: Run,
  replaced: readonly DiscoveredDatabase[],
): Promise<ReadonlySet<string>> {
  const { watch, guard, options } = run;
  // It may hold them since they, or others in their place, were taken in a moment ago.
  await guard.letGo(replaced.map(({ file }) => file));
  const ended = await restartWals(replaced.map(({ file }) => file));
  await hold(
    run,
    replaced.filter(({ file }) => ended.has(file)),
  );
  for (const database of replaced) watch.replaced(database);
  const left = replaced.filter(({ file }) => !ended.has(file)).map(({ path }) => path);
  if (left.length > 0) {
    options.log.write(
      'error',
      'a database took the place of another and is too busy to be taken in; tried again',
      {
        databases: left.slice(0, 20),
      },
    );
  }
  return new Set(left);
}

/** Has them held until Litestream does: another one that is copied over them from here on is seen by their index. */
async function hold({ guard, overwritten }: Run, databases: readonly DiscoveredDatabase[]): Promise<void> {
  const held = await guard.alsoHold(databases.map(({ file }) => file));
  overwritten.takenIn(databases, { held: held === databases.length });
}

/** Beyond this a new Litestream is sooner ready. */
const MAX_CHANGES = 200;
/** A Litestream that has just been started listens only when it has opened its databases. */
const ANSWER_MS = 5000;

async function answering(socket: ControlSocket): Promise<void> {
  const stopMs = performance.now() + ANSWER_MS;
  for (;;) {
    try {
      await socket.list();
      return;
    } catch (error) {
      if (performance.now() > stopMs) throw error;
      await sleep(50);
    }
  }
}
