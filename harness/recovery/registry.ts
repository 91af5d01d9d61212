import Database from 'better-sqlite3';
import { messageOf } from '../errors.ts';

/** Ids that a restored database registers; null with the reason when it cannot tell. */
export interface Registered {
  readonly ids: string[] | null;
  readonly reason: string;
}

/** Realms that a restored system.db registers. `master` has a row but, as RustBaas has it, no file of its own. */
export function registeredRealms(systemDb: string): Registered {
  return idsOf(systemDb, 'SELECT id FROM realms WHERE is_master = 0 ORDER BY id');
}

/** Apps that a restored realm.db registers. */
export function registeredApps(realmDb: string): Registered {
  return idsOf(realmDb, 'SELECT id FROM apps ORDER BY id');
}

/** A sound file may still be another than it should be; that is for who verifies it to say. */
function idsOf(file: string, sql: string): Registered {
  const db = new Database(file, { fileMustExist: true });
  try {
    return { ids: db.prepare(sql).pluck().all() as string[], reason: '' };
  } catch (error) {
    return { ids: null, reason: messageOf(error) };
  } finally {
    db.close();
  }
}
