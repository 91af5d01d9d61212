import Database from 'better-sqlite3';

/** Realms that a restored system.db registers. `master` has a row but, as RustBaas has it, no file of its own. */
export function registeredRealms(systemDb: string): string[] {
  return idsOf(systemDb, 'SELECT id FROM realms WHERE is_master = 0 ORDER BY id');
}

/** Apps that a restored realm.db registers. */
export function registeredApps(realmDb: string): string[] {
  return idsOf(realmDb, 'SELECT id FROM apps ORDER BY id');
}

function idsOf(file: string, sql: string): string[] {
  const db = new Database(file, { fileMustExist: true });
  try {
    return db.prepare(sql).pluck().all() as string[];
  } finally {
    db.close();
  }
}
