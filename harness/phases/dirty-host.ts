import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import Database from 'better-sqlite3';
import type { DeadHost } from '../host/host.ts';
import { startHost } from '../host/host.ts';
import type { RecoveryDirtyHost } from '../scenario/recovery-fault.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Store } from '../store/store.ts';
import { finding } from '../verify/finding.ts';
import type { DrillContext } from './context.ts';
import { endOfRestore } from './restore.ts';

/** What lies in a folder that somebody takes for a clean one. */
const LITTER: Readonly<Record<string, (dataDir: string) => Promise<void>>> = {
  'a stale -wal': (dataDir) => write(join(dataDir, 'system.db-wal'), 'not a frame'),
  'a -shm': (dataDir) => write(join(dataDir, 'realms', 'acme', 'realm.db-shm'), 'not an index'),
  'a database': async (dataDir) => {
    const db = new Database(join(dataDir, 'system.db'));
    db.exec('CREATE TABLE kept (a); INSERT INTO kept VALUES (1)');
    db.close();
  },
  'a file of zero bytes': (dataDir) => write(join(dataDir, 'system.db'), ''),
  'a folder': (dataDir) => mkdir(join(dataDir, 'realms')),
  'a link': (dataDir) => symlink(join(dirname(dataDir), 'elsewhere.db'), join(dataDir, 'system.db')),
};

/** Exit code of a recovery that refuses, before it has done anything. */
const REFUSED = 2;

export function dirtyHostOf({ faults }: Scenario): RecoveryDirtyHost | null {
  return faults.find((fault) => fault.kind === 'recovery-dirty-host') ?? null;
}

/**
 * Tries to restore into folders in which something lies. Each must be refused, and be as it was before: a file or a stale
 * -wal beside a restored database would change what it says, and what lies there may be all that somebody has.
 */
export async function tryDirtyHosts(
  drill: DrillContext,
  store: Store,
  _dead: DeadHost,
  fault: RecoveryDirtyHost,
): Promise<void> {
  const tries = Object.entries(LITTER).map(async ([litter, put], index) => {
    await using host = await startHost(join(drill.paths.work, `dirty-host-${index}`));
    const { dataDir } = host.paths;
    await mkdir(dataDir, { recursive: true });
    await put(dataDir);
    const before = await contentOf(dataDir);
    const options = { logName: `restore-dirty-${index}.log`, pointInTime: false, hear: () => undefined };
    const exitCode = await endOfRestore(drill, store, host, options);
    return { litter, exitCode, isAsBefore: (await contentOf(dataDir)) === before };
  });
  const ended = await Promise.all(tries);
  for (const { litter, exitCode, isAsBefore } of ended) {
    if (exitCode === REFUSED && isAsBefore) continue;
    drill.found.ownFindings.push(
      finding('clean-host', null, {
        expected: 'a restore into a folder that is not empty is refused, and touches nothing',
        actual: `exit code ${exitCode}, and what lay there ${isAsBefore ? 'is as before' : 'is not as before'}`,
        detail: `${litter} lay in the folder`,
        count: 1,
      }),
    );
  }
  drill.found.faults.push({ id: fault.id, engaged: ended.length > 0, count: ended.length });
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Names, kinds and bytes of everything in a folder. */
async function contentOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines = await Promise.all(
    entries.map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      const name = relative(folder, file);
      if (entry.isSymbolicLink()) return `${name} -> ${await readlink(file)}`;
      if (!entry.isFile()) return `${name}/`;
      return `${name} ${createHash('sha256')
        .update(await readFile(file))
        .digest('hex')}`;
    }),
  );
  return lines.toSorted().join('\n');
}
