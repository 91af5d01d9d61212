/**
 * Where RustBaas keeps what, relative to data_dir. The word for a tenant changed between eras, so folder, file and
 * table names come from one switch; era B ("realms") is the one that is built.
 */
export interface Layout {
  readonly tenantFolder: string;
  readonly tenantFile: string;
  readonly tenantTable: string;
}

export const LAYOUT: Layout = { tenantFolder: 'realms', tenantFile: 'realm.db', tenantTable: 'realms' };

export type DatabaseKind = 'system' | 'realm' | 'app';

export const SYSTEM_PATH = 'system.db';

/** The realm that every RustBaas has a row for, and no file. */
export const MASTER_REALM = 'master';

/** Folder of a realm: its database and its apps. */
export function realmFolder(realm: string): string {
  return `${LAYOUT.tenantFolder}/${realm}`;
}

/** Folder of an app: its database and its blobs. */
export function appFolder(realm: string, app: string): string {
  return `${realmFolder(realm)}/apps/${app}`;
}

export function realmPath(realm: string): string {
  return `${realmFolder(realm)}/${LAYOUT.tenantFile}`;
}

export function appPath(realm: string, app: string): string {
  return `${appFolder(realm, app)}/data.db`;
}

/** Where an app's blob lies: one flat folder, the file id is the name. */
export function blobPath(realm: string, app: string, fileId: string): string {
  return `${appFolder(realm, app)}/storage/${fileId}`;
}

/** Where the blobs of an app lie, by the path of its database. */
export function storageFolder(appPath: string): string {
  return `${appPath.slice(0, appPath.lastIndexOf('/'))}/storage`;
}

/** Folder of an app's hooks: beside the realms, so that it outlives its app. */
export function hooksFolder(realm: string, app: string): string {
  return `hooks/${realm}/${app}`;
}

/** What kind of database lies at a path relative to data_dir. */
export function databaseKind(path: string): DatabaseKind {
  if (path === SYSTEM_PATH) return 'system';
  if (path.endsWith(`/${LAYOUT.tenantFile}`)) return 'realm';
  if (path.endsWith('/data.db')) return 'app';
  throw new RangeError(`RustBaas keeps no database at ${path}`);
}
