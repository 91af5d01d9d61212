import Database from 'better-sqlite3';
import type { DatabaseKind } from '../fleet/layout.ts';
import { MIGRATIONS, MIGRATIONS_TABLE_SQL } from '../fleet/migrations.ts';
import { placeOf } from './places.ts';

const cache = new Map<DatabaseKind, ReadonlyMap<string, string>>();

/** `type name` → SQL of every schema object that RustBaas' own migrations make in a database at this path. */
export function baseObjects(path: string): ReadonlyMap<string, string> {
  const kind = placeOf(path)?.kind;
  if (kind === undefined) return new Map();
  const known = cache.get(kind);
  if (known !== undefined) return known;
  const db = new Database(':memory:');
  try {
    db.exec(MIGRATIONS_TABLE_SQL);
    for (const migration of MIGRATIONS[kind]) db.exec(migration.sql);
    const rows = db.prepare('SELECT type, name, sql FROM sqlite_schema').raw().all() as [
      string,
      string,
      string | null,
    ][];
    const objects = new Map(rows.map(([type, name, sql]) => [`${type} ${name}`, sql ?? '']));
    cache.set(kind, objects);
    return objects;
  } finally {
    db.close();
  }
}
