import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { createDatabase } from '../fleet/create-database.ts';
import { timestamp } from '../fleet/ids.ts';
import {
  appFolder,
  appPath,
  databaseKind,
  LAYOUT,
  realmFolder,
  realmPath,
  storageFolder,
  SYSTEM_PATH,
} from '../fleet/layout.ts';
import { MIGRATIONS } from '../fleet/migrations.ts';
import type { BirthElsewhere, PlannedChange } from '../scenario/changes.ts';
import { buildElsewhere, putIntoPlace } from './born-elsewhere.ts';
import { editHook } from './file-operations.ts';
import type { LivingFleet } from './living-fleet.ts';
import type { Session } from './session.ts';

/** Realms and apps come and go: a row in one database, a file of another. */

/** Carries out a planned change, if what it needs is there. */
export function carryOut(session: Session, fleet: LivingFleet, change: PlannedChange): void {
  const { kind, realm, name } = change;
  const app = change.app ?? '';
  switch (kind) {
    case 'new-realm':
      return createRealm(session, fleet, realm, name);
    case 'new-app':
      if (!fleet.hasRealm(realm)) return undefined;
      return change.birth === undefined
        ? createApp(session, fleet, { realm, app, name })
        : takeInApp(session, fleet, { realm, app, name, birth: change.birth });
    case 'delete-app':
      return fleet.hasApp(realm, app) ? deleteApp(session, fleet, realm, app) : undefined;
    case 'delete-realm':
      return fleet.hasRealm(realm) ? deleteRealm(session, fleet, realm) : undefined;
    case 'edit-hook':
      return fleet.hasApp(realm, app) ? editHook(session, { realm, app, name }) : undefined;
    default:
      return kind satisfies never;
  }
}

/** The app is deleted, and created again under its old name. False: a database refused one of the steps. */
export function recreateApp(
  session: Session,
  fleet: LivingFleet,
  { realm, app, epoch }: { realm: string; app: string; epoch: number },
): boolean {
  deleteApp(session, fleet, realm, app);
  if (fleet.hasApp(realm, app)) return false;
  createApp(session, fleet, { realm, app, name: app, epoch });
  return fleet.hasApp(realm, app);
}

/** The row in system.db, then realm.db and its migrations. */
function createRealm(session: Session, fleet: LivingFleet, realm: string, name: string): void {
  const system = session.pool.open(SYSTEM_PATH);
  const row = [realm, name, 0, timestamp(Date.now())];
  const known = session.write(system, 'realm-create', (transaction) =>
    transaction.insert(LAYOUT.tenantTable, row),
  );
  if (known && createMigrated(session, realmPath(realm))) fleet.addRealm(realm);
}

/** The row in realm.db, then data.db and its migrations. */
function createApp(
  session: Session,
  fleet: LivingFleet,
  { realm, app, name, epoch = 1 }: { realm: string; app: string; name: string; epoch?: number },
): void {
  if (!registerApp(session, { realm, app, name })) return;
  mkdirSync(join(session.dataDir, appFolder(realm, app), 'storage'), { recursive: true });
  if (createMigrated(session, appPath(realm, app), epoch)) fleet.addApp(realm, app);
}

/** Its row in realm.db. False: the database refused it. */
function registerApp(
  session: Session,
  { realm, app, name }: { realm: string; app: string; name: string },
): boolean {
  const parent = session.pool.open(realmPath(realm));
  const row = [app, name, timestamp(Date.now())];
  return session.write(parent, 'app-create', (transaction) => transaction.insert('apps', row));
}

/** Made elsewhere from another app; then the row in realm.db, and the folder comes into its place. */
function takeInApp(
  session: Session,
  fleet: LivingFleet,
  { realm, app, name, birth }: { realm: string; app: string; name: string; birth: BirthElsewhere },
): void {
  // First: a row whose database never comes would be nobody's loss.
  const built = buildElsewhere(session, { realm, app, birth });
  if (!registerApp(session, { realm, app, name })) return;
  putIntoPlace(session, built);
  fleet.addApp(realm, app);
}

/** Each migration is two commits: the DDL, then its row. False: the database refused one of them. */
function createMigrated(session: Session, path: string, epoch = 1): boolean {
  createDatabase({
    dataDir: session.dataDir,
    path,
    seed: session.seed,
    epoch,
    onBase: (base) => session.ledger.append(base),
  });
  const database = session.pool.open(path);
  return MIGRATIONS[databaseKind(path)].every((migration) => {
    const startUs = monotonicUs();
    const ddl = session.write(database, 'migration', (transaction) =>
      transaction.createTables(migration.sql),
    );
    const row = [migration.id, timestamp(Date.now()), Math.ceil((monotonicUs() - startUs) / 1000)];
    return (
      ddl && session.write(database, 'migration-row', (transaction) => transaction.insert('_migrations', row))
    );
  });
}

/** Handle closed, row deleted, folder removed. */
function deleteApp(session: Session, fleet: LivingFleet, realm: string, app: string): void {
  session.pool.evict(appPath(realm, app));
  const parent = session.pool.open(realmPath(realm));
  const deleted = session.write(parent, 'app-delete', (transaction) => {
    // SQLite would delete these by itself; said here, so that the ledger has them.
    transaction.delete('app_admins', 'app_id', app);
    transaction.delete('apps', 'id', app);
  });
  if (!deleted) return;
  fleet.removeApp(realm, app);
  removeFolder(session, appFolder(realm, app), [appPath(realm, app)]);
}

/** Handles closed, row deleted, folder removed with all its apps. */
function deleteRealm(session: Session, fleet: LivingFleet, realm: string): void {
  const system = session.pool.open(SYSTEM_PATH);
  session.pool.evict(realmPath(realm));
  const deleted = session.write(system, 'realm-delete', (transaction) =>
    transaction.delete(LAYOUT.tenantTable, 'id', realm),
  );
  if (!deleted) return;
  const apps = fleet.removeRealm(realm);
  removeFolder(session, realmFolder(realm), [realmPath(realm), ...apps.map((app) => appPath(realm, app))]);
}

/** Tries at a folder into which Litestream may still write while it goes. */
const REMOVE_RETRIES = 10;
const REMOVE_RETRY_DELAY_MS = 10;

function removeFolder(session: Session, folder: string, databases: readonly string[]): void {
  for (const path of databases) session.forget(path);
  const options = {
    recursive: true,
    force: true,
    maxRetries: REMOVE_RETRIES,
    retryDelay: REMOVE_RETRY_DELAY_MS,
  };
  try {
    rmSync(join(session.dataDir, folder), options);
  } catch (error) {
    // Litestream's own folder may outlive this; what counts is that the databases are gone.
    if (databases.some((path) => existsSync(join(session.dataDir, path)))) throw error;
    // And the blobs, so that none of them is there for a mirror that looks after this.
    for (const path of databases) rmSync(join(session.dataDir, storageFolder(path)), options);
  }
  for (const path of databases) session.ledger.append({ t: 'gone', db: path, at: monotonicUs() });
}
