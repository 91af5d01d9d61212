import { collectionTemplate, FIRST_COLLECTION, OTHER_COLLECTIONS } from '../fleet/collection-templates.ts';
import { addFieldSql, createCollectionSql, schemaJson } from '../fleet/collections.ts';
import type { Collection, Field, FieldKind } from '../fleet/collections.ts';
import { quoteIdentifier } from '../ledger/digest.ts';
import type { Session } from './session.ts';
import type { OpenDatabase } from './tracked-database.ts';

/** Collections come, change and go: DDL and its row in `_collections` are commits of their own. */

const COLLECTIONS_MAX = 12;
const FIELDS_MAX = 16;
const NEW_FIELD_KINDS: readonly FieldKind[] = ['text', 'number', 'bool', 'date', 'url', 'json'];

/** CREATE TABLE, then the row. */
export function createCollection(session: Session, database: OpenDatabase): void {
  const model = session.model(database);
  if (model.collections.size >= COLLECTIONS_MAX) return deleteCollection(session, database);
  const template = collectionTemplate(session.random.pick(OTHER_COLLECTIONS));
  const id = `${template.id}_${session.rowContext(database).unique.replace('-', '_')}`;
  const collection: Collection = { ...template, id };
  const { at } = session.newId();
  const created = session.write(database, 'collection-create-table', (transaction) =>
    transaction.createTables(createCollectionSql(collection)),
  );
  if (!created) return;
  const row = [id, id, collection.kind, schemaJson(collection), at, at];
  const known = session.write(database, 'collection-create-row', (transaction) =>
    transaction.insert('_collections', row),
  );
  if (known) model.remember(collection);
}

/** DROP TABLE, then the row with its access rules. The first collection stays: others relate to it. */
export function deleteCollection(session: Session, database: OpenDatabase): void {
  const model = session.model(database);
  const others = [...model.collections.keys()].filter((id) => id !== FIRST_COLLECTION);
  if (others.length < 2) return createCollection(session, database);
  const id = session.random.pick(others);
  const dropped = session.write(database, 'collection-drop-table', (transaction) =>
    transaction.dropTable(id, `DROP TABLE ${quoteIdentifier(id)}`),
  );
  if (!dropped) return;
  model.forget(id);
  session.write(database, 'collection-delete-row', (transaction) => {
    transaction.delete('_access_rules', 'collection_id', id);
    transaction.delete('_collections', 'id', id);
  });
}

/** One ALTER a commit, then the row's new schema_json. */
export function patchCollection(session: Session, database: OpenDatabase): void {
  const model = session.model(database);
  const patchable = [...model.collections.values()].filter(
    ({ definition }) => definition.fields.length < FIELDS_MAX,
  );
  if (patchable.length === 0) return createCollection(session, database);
  const { definition } = session.random.pick(patchable);
  const { unique } = session.rowContext(database);
  const fields = Array.from(
    { length: session.random.int(1, 2) },
    (_, index): Field => ({
      name: `${session.random.pick(NEW_FIELD_KINDS)}_${unique.replace('-', '_')}_${index}`,
      kind: session.random.pick(NEW_FIELD_KINDS),
      required: false,
      unique: false,
    }),
  );
  for (const field of fields) {
    const altered = session.write(database, 'collection-alter', (transaction) =>
      transaction.alterTable(definition.id, addFieldSql(definition.id, field)),
    );
    if (!altered) return;
  }
  const patched: Collection = { ...definition, fields: [...definition.fields, ...fields] };
  const known = session.write(database, 'collection-patch-row', (transaction) =>
    transaction.update(
      '_collections',
      definition.id,
      ['schema_json', 'updated_at'],
      [schemaJson(patched), session.newId().at],
    ),
  );
  if (known) model.remember(patched);
}
