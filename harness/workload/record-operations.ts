import { createCollection } from './collection-operations.ts';
import type { KnownCollection } from './app-model.ts';
import type { Session } from './session.ts';
import type { OpenDatabase } from './tracked-database.ts';

/** Records of collections: one commit each, and no audit row, as RustBaas' handlers do it. */

/** Creates a record in one of the app's collections. */
export function createRecord(session: Session, database: OpenDatabase): void {
  const collection = pickCollection(session, database);
  // A new app begins with its first collection.
  if (collection === null) return createCollection(session, database);
  const { id, at } = session.newId();
  const table = collection.definition.id;
  const row = session.rowContext(database);
  const values = [id, at, at, ...collection.makers.map((make) => make(row))];
  const done = session.write(database, 'record-create', (transaction) => transaction.insert(table, values));
  if (done) session.model(database).add(table, id, session.random);
}

/** Changes one or two fields of a record; creates one where there is none. */
export function updateRecord(session: Session, database: OpenDatabase): void {
  const collection = pickCollection(session, database);
  if (collection === null) return createCollection(session, database);
  const { fields, id: table } = collection.definition;
  const ids = session.model(database).ids(database, table);
  if (ids.length === 0) return createRecord(session, database);
  const id = session.random.pick(ids);
  const first = session.random.int(0, fields.length - 1);
  // Not any two fields: each set of columns is a statement of its own.
  const chosen = new Set([first, Math.min(first + 1, fields.length - 1)]);
  const row = session.rowContext(database);
  const columns = ['updated_at'];
  const values = [session.newId().at, ...[...chosen].map((index) => collection.makers[index]?.(row) ?? null)];
  for (const index of chosen) columns.push(fields[index]?.name ?? '');
  session.write(database, 'record-update', (transaction) => transaction.update(table, id, columns, values));
}

/** Deletes a record; creates one where there is none. */
export function deleteRecord(session: Session, database: OpenDatabase): void {
  const collection = pickCollection(session, database);
  if (collection === null) return createCollection(session, database);
  const table = collection.definition.id;
  const model = session.model(database);
  const ids = model.ids(database, table);
  if (ids.length === 0) return createRecord(session, database);
  const id = session.random.pick(ids);
  const done = session.write(database, 'record-delete', (transaction) => transaction.delete(table, 'id', id));
  if (done) model.remove(table, id);
}

function pickCollection(session: Session, database: OpenDatabase): KnownCollection | null {
  const collections = [...session.model(database).collections.values()];
  return collections.length === 0 ? null : session.random.pick(collections);
}
