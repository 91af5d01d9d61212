import { join } from 'node:path';
import { fileIdentity } from '../litestream/file-identity.ts';
import { ownProgram } from '../litestream/own-program.ts';
import type { DiscoveredDatabase, Discovery } from './discover.ts';
import { reasonOf } from './failure.ts';
import { pause, type Run } from './run.ts';
import { type MissingDatabase, unreadFolders } from './status.ts';
import { tellDatabases } from './tell-databases.ts';

/**
 * Compares what RustBaas registers with what lies on the disk. Between a row and its file there is a moment when a tenant is
 * created or deleted, so one is missing when two looks in a row do not find it.
 */
export async function registryLoop(run: Run): Promise<void> {
  const { fleet, config, options } = run;
  const everyMs = Math.min(MOST_MS, Math.max(LEAST_MS, config.replicateIntervalSec * 3000));
  const registries = new Registries();
  let before: ReadonlySet<string> = new Set();
  let told = '[]';
  while (!options.stop.aborted) {
    let isOpen = fleet.replicated.length === 0;
    try {
      // Those alone that Litestream has open: whoever opens and closes another would be its last user.
      const registered = await registries.look(fleet.replicated);
      const absent = missingAmong(registered, fleet.discovery, run.files.dataDir);
      fleet.missing = absent.filter(({ path }) => before.has(path));
      before = new Set(absent.map(({ path }) => path));
      isOpen ||= absent.length > fleet.missing.length;
    } catch (error) {
      // No process could be started: what was missing still is, and replication goes on.
      options.log.write('error', 'what RustBaas registers could not be asked', { error: reasonOf(error) });
    }
    const now = JSON.stringify(fleet.missing);
    if (now !== told) {
      told = now;
      if (fleet.missing.length > 0)
        options.log.write('error', 'these databases are registered, and their files are missing', {
          count: fleet.missing.length,
          databases: fleet.missing.slice(0, 20).map(({ path }) => path),
        });
      else options.log.write('info', 'every registered database is there again');
      run.publish();
    }
    await pause(isOpen ? AGAIN_MS : everyMs, options.stop);
  }
}

/** So soon it looks again where something is to be confirmed, or nothing is replicated yet. */
const AGAIN_MS = 2000;
const LEAST_MS = 10_000;
const MOST_MS = 30_000;

/** What is not there now, nor below a folder that is not looked into. The last walk may be older than the row. */
export function missingAmong(
  registered: readonly MissingDatabase[],
  discovery: Discovery,
  dataDir: string,
): readonly MissingDatabase[] {
  const unread = unreadFolders(discovery).map(({ path }) => (path === '' ? '' : `${path}/`));
  return registered
    .filter(({ path }) => fileIdentity(join(dataDir, path)) === '')
    .filter(({ path }) => !unread.some((folder) => path.startsWith(folder)))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What RustBaas registers, by the last answer of each of its registries. */
export class Registries {
  readonly #known = new Map<string, readonly MissingDatabase[]>();

  /**
   * Asks those of the databases that have a registry. One that cannot be read now has what it had before; one that is no
   * database any more has nothing. But system.db, which nobody registers and nobody deletes.
   */
  async look(databases: readonly DiscoveredDatabase[]): Promise<readonly MissingDatabase[]> {
    const parents = new Map(
      databases.filter(({ path }) => REGISTRY.test(path)).map(({ path, file }) => [file, path]),
    );
    const answers =
      parents.size === 0 ? [] : ((await tellDatabases(PROGRAM, [...parents.keys()])) as readonly Answer[]);
    const living = new Set(parents.values());
    for (const parent of this.#known.keys())
      if (!living.has(parent) && parent !== SYSTEM) this.#known.delete(parent);
    for (const [file, own] of Map.groupBy(answers, ({ file }) => file)) {
      const parent = parents.get(file);
      if (parent !== undefined)
        this.#known.set(
          parent,
          own.flatMap((answer) => registeredIn(parent, answer)),
        );
    }
    const system = this.#known.has(SYSTEM) ? [{ path: SYSTEM, registeredIn: SYSTEM }] : [];
    return [...system, ...[...this.#known.values()].flat()];
  }
}

function registeredIn(parent: string, { table, ids }: Answer): MissingDatabase[] {
  return ids.flatMap((id) => {
    const path = childPath(parent, table, id);
    return path === null ? [] : [{ path, registeredIn: parent }];
  });
}

const SYSTEM = 'system.db';
const REGISTRY = /^(system\.db|realms\/[^/]+\/realm\.db|workspaces\/[^/]+\/workspace\.db)$/;

function childPath(parent: string, table: string, id: string): string | null {
  const isSystem = parent === SYSTEM;
  if (table === 'apps') return isSystem ? null : parent.replace(/[^/]+$/, `apps/${id}/data.db`);
  if (!isSystem) return null;
  return table === 'realms' ? `realms/${id}/realm.db` : `workspaces/${id}/workspace.db`;
}

interface Answer {
  readonly file: string;
  readonly table: string;
  readonly ids: readonly string[];
}

const PROGRAM = ownProgram('registry-process.ts', import.meta.url);
