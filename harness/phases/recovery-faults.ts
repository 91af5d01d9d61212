import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { startHost } from '../host/host.ts';
import { contentTables, quoteIdentifier } from '../ledger/digest.ts';
import { randomFor } from '../random.ts';
import type { RecoveryFault, RecoveryRolledBack } from '../scenario/recovery-fault.ts';
import { durationMs, type Scenario } from '../scenario/schema.ts';
import type { Store } from '../store/store.ts';
import { busyApps, drawn } from './busy-apps.ts';
import type { DrillContext } from './context.ts';
import { type Recovered, runRestore } from './restore.ts';

/** A fault of what the restore has left; the dirty host and the full disk come before it. */
type LeftFault = Exclude<RecoveryFault, { kind: 'recovery-dirty-host' | 'recovery-disk-full' }>;

/** What the scenario breaks in the restored folder. */
export function recoveryFaultsOf({ faults }: Scenario): LeftFault[] {
  return faults.filter(isLeftFault);
}

function isLeftFault(fault: Scenario['faults'][number]): fault is LeftFault {
  return (
    fault.kind.startsWith('recovery-') &&
    fault.kind !== 'recovery-dirty-host' &&
    fault.kind !== 'recovery-disk-full'
  );
}

/** A folder of its own, for what is needed on the way. */
interface Scratch {
  readonly folder: string;
  readonly dataDir: string;
}

/**
 * Damages the restored folder between restore and verification, as a bad recovery would have left it. A fault counts
 * as engaged when the damaged file says so itself.
 */
export async function plantRecoveryFaults(
  drill: DrillContext,
  store: Store,
  { host, records }: Recovered,
): Promise<void> {
  const { dataDir } = host.paths;
  const folder = await mkdtemp(join(drill.paths.work, 'planted-'));
  const busy = busyApps(drill.plan);
  const apps = records
    .filter(({ path, outcome }) => outcome === 'restored' && busy.has(path))
    .map(({ path }) => path)
    .toSorted();
  try {
    for (const fault of recoveryFaultsOf(drill.scenario)) {
      const chosen = drawn(apps, fault.databases, randomFor(drill.plan.seed, `fault/${fault.id}`));
      const count = await plant(drill, store, fault, { folder, dataDir }, chosen, apps);
      drill.found.faults.push({ id: fault.id, engaged: count === fault.databases, count });
      drill.recorder.note('info', `${fault.id}: ${chosen.join(', ')}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns in how many of the databases the damage can be seen. */
async function plant(
  drill: DrillContext,
  store: Store,
  fault: LeftFault,
  scratch: Scratch,
  chosen: readonly string[],
  apps: readonly string[],
): Promise<number> {
  switch (fault.kind) {
    case 'recovery-stale-wal':
      return countOf(chosen, (path) => leaveStaleWal(scratch, path));
    case 'recovery-rolled-back':
      return rollBack(drill, store, fault, scratch, chosen);
    case 'recovery-wrong-tenant':
      return countOf(chosen, async (path) => {
        const other = apps.find((one) => !chosen.includes(one));
        if (other === undefined) return false;
        await copyFile(join(scratch.dataDir, other), join(scratch.dataDir, path));
        return identityIn(join(scratch.dataDir, path)) !== path;
      });
    default:
      return fault satisfies never;
  }
}

async function countOf(
  paths: readonly string[],
  plantIn: (path: string) => Promise<boolean>,
): Promise<number> {
  let engaged = 0;
  for (const path of paths) if (await plantIn(path)) engaged++;
  return engaged;
}

/** Nothing binds a -wal to the file that it was made for: whoever opens the pair applies it. */
async function leaveStaleWal({ folder, dataDir }: Scratch, path: string): Promise<boolean> {
  const file = join(dataDir, path);
  const copy = join(await mkdtemp(join(folder, 'wal-')), 'copy.db');
  await copyFile(file, copy);
  const rows = rowsIn(copy);
  const db = new Database(copy);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('foreign_keys = OFF');
    const tables = contentTables(db).filter((table) => !table.startsWith('_drill_'));
    for (const table of tables) db.prepare(`DELETE FROM ${quoteIdentifier(table)}`).run();
    await copyFile(`${copy}-wal`, `${file}-wal`);
  } finally {
    db.close();
  }
  const opened = join(dirname(copy), 'opened.db');
  await copyFile(file, opened);
  await copyFile(`${file}-wal`, `${opened}-wal`);
  return rowsIn(opened) < rows;
}

/** Litestream's own restore of an earlier instant, put in the place of the newest state. */
async function rollBack(
  drill: DrillContext,
  store: Store,
  fault: RecoveryRolledBack,
  { dataDir }: Scratch,
  chosen: readonly string[],
): Promise<number> {
  const { resources, paths, found, order } = drill;
  const killUs = found.kill?.atUs ?? order.clock.nowUs();
  const older = resources.use(await startHost(join(paths.work, `host-${fault.id}`)));
  await runRestore(drill, store, older, {
    logName: `restore-${fault.id}.log`,
    pointInTime: false,
    atUs: killUs - durationMs(fault.beforeKill) * 1000,
    hear: () => undefined,
  });
  const olderDir = older.paths.dataDir;
  return countOf(chosen, async (path) => {
    const [file, before] = [join(dataDir, path), join(olderDir, path)];
    const newest = seqIn(file);
    await copyFile(before, file);
    return seqIn(file) < newest;
  });
}

function identityIn(file: string): unknown {
  return readIn(file, (db) => db.prepare('SELECT path FROM _drill_identity').pluck().get());
}

function seqIn(file: string): number {
  return readIn(file, (db) => Number(db.prepare('SELECT seq FROM _drill_state').pluck().get()));
}

function rowsIn(file: string): number {
  return readIn(file, (db) =>
    contentTables(db).reduce(
      (sum, table) =>
        sum +
        Number(
          db
            .prepare(`SELECT count(*) FROM ${quoteIdentifier(table)}`)
            .pluck()
            .get(),
        ),
      0,
    ),
  );
}

/** Reads a file as whoever opens it would, and leaves nothing beside it. */
function readIn<T>(file: string, read: (db: Database.Database) => T): T {
  const db = new Database(file, { fileMustExist: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
