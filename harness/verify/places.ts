import { appPath, type DatabaseKind, LAYOUT, realmPath, SYSTEM_PATH } from '../fleet/layout.ts';

/** Where blobs and hooks lie. */
export const BLOB_PATH = new RegExp(`^${LAYOUT.tenantFolder}/[^/]+/apps/[^/]+/storage/[^/]+$`);
export const HOOK_PATH = /^hooks\/[^/]+\/[^/]+\/\w[\w.-]*\.[jt]s$/i;

/** What stands at a path where RustBaas keeps databases. */
export interface Place {
  readonly kind: DatabaseKind;
  readonly realm: string;
  readonly app: string;
}

/** The database that RustBaas would keep at this path; null: none. */
export function placeOf(path: string): Place | null {
  if (path === SYSTEM_PATH) return { kind: 'system', realm: '', app: '' };
  const [folder, realm = '', , app = ''] = path.split('/');
  if (folder !== LAYOUT.tenantFolder || realm === '') return null;
  if (path === realmPath(realm)) return { kind: 'realm', realm, app: '' };
  return app !== '' && path === appPath(realm, app) ? { kind: 'app', realm, app } : null;
}

/** The row by which a database is registered: in which file, in which table, with which id. */
export interface Registration {
  readonly parent: string;
  readonly table: string;
  readonly id: string;
}

/** Where a database is registered, its own parent first, then that one's parent. */
export function registrationsOf(path: string): Registration[] {
  const place = placeOf(path);
  if (place === null || place.kind === 'system') return [];
  const realm = { parent: SYSTEM_PATH, table: LAYOUT.tenantTable, id: place.realm };
  return place.kind === 'realm'
    ? [realm]
    : [{ parent: realmPath(place.realm), table: 'apps', id: place.app }, realm];
}

/** The database that a row of a parent registers. */
export function childPath(parent: string, id: string): string | null {
  const place = placeOf(parent);
  if (place?.kind === 'system') return realmPath(id);
  return place?.kind === 'realm' ? appPath(place.realm, id) : null;
}
