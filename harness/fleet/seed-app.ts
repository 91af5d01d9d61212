import type { Plan } from '../scenario/plan.ts';
import { collectionTemplate, FIRST_COLLECTION } from './collection-templates.ts';
import { createCollectionSql, schemaJson } from './collections.ts';
import type { Collection } from './collections.ts';
import { PASSWORD_HASH } from './credentials.ts';
import { valueMakers } from './field-values.ts';
import type { SqlValue } from './field-values.ts';
import { timestamp, uuidV7 } from './ids.ts';
import { insertAuditRows, rowsOf } from './seed-context.ts';
import type { SeedContext } from './seed-context.ts';
import { insertIdentityRows } from './seed-identity.ts';
import type { SeededUser } from './seed-identity.ts';
import { appPolicies, applyMigrations, insertPolicies, insertTokens } from './seed-shared.ts';

/** A blob that has to lie beside the database. */
export interface PlannedBlob {
  readonly fileId: string;
  readonly sizeBytes: number;
}

/** Apps with fewer rows than this have few rules, and none of the rarer tables filled. */
const SMALL_APP_ROWS = 100;
const FILES_MAX = 20;
/** Of the rows left for records, this share is people, to whom the others relate. */
const PEOPLE_SHARE = 0.3;

/** An app's data.db. Returns the blobs that its `_files` rows promise. */
export function seedApp(
  context: SeedContext,
  realm: string,
  app: string,
  blobBytes: Plan['blobBytes'],
): PlannedBlob[] {
  const { planned, seed } = context;
  const small = planned.rows < SMALL_APP_ROWS;
  const collections = planned.collections.map(collectionTemplate);
  applyMigrations(context, 'app');
  insertCollections(context, collections, small);
  insertPolicies(context, small ? {} : appPolicies(seed, realm, app));
  const users = insertUsers(context, Math.max(1, Math.round(planned.rows * 0.08)));
  if (!small) insertIdentityRows(context, users);
  insertTokens(
    context,
    users.map(({ id }) => ({ kind: 'user', id })),
    Math.max(1, Math.round(planned.rows * 0.08)),
  );
  insertAuditRows(context, Math.max(1, Math.round(planned.rows * 0.06)));
  const blobs = insertFiles(context, Math.min(FILES_MAX, Math.floor(planned.rows * 0.04)), blobBytes);
  insertRecords(
    context,
    collections,
    blobs.map((blob) => blob.fileId),
  );
  return blobs;
}

function insertCollections(context: SeedContext, collections: readonly Collection[], small: boolean): void {
  for (const collection of collections) {
    const at = timestamp(context.nextMs());
    context.db.exec(createCollectionSql(collection));
    context.insert('_collections', [
      [collection.id, collection.id, collection.kind, schemaJson(collection), at, at],
    ]);
    const actions = small ? ['list', 'view'] : ['list', 'view', 'create', 'update', 'delete'];
    context.insert(
      '_access_rules',
      actions.map((action) => [collection.id, action, ruleOf(context, action)]),
    );
  }
}

/** NULL: admins only; true or nothing: anybody in the realm; else an expression. */
function ruleOf({ random }: SeedContext, action: string): string | null {
  if (action === 'delete') return null;
  return random.pick(['auth.id != ""', 'true', '']);
}

function insertUsers(context: SeedContext, count: number): SeededUser[] {
  const { random, vocabulary } = context;
  const users: SeededUser[] = [];
  context.insert(
    'users',
    rowsOf(count, (index) => {
      const atMs = context.nextMs();
      const user = {
        id: uuidV7(atMs, random),
        email: `${random.pick(vocabulary.emailNames)}.${index}@example.org`,
      };
      users.push(user);
      const lastLogin = random.int(0, 2) === 0 ? null : timestamp(context.nextMs());
      return [user.id, user.email, PASSWORD_HASH, random.int(0, 1), lastLogin, timestamp(atMs)];
    }),
  );
  return users;
}

function insertFiles(context: SeedContext, count: number, { min, max }: Plan['blobBytes']): PlannedBlob[] {
  const { random, vocabulary } = context;
  const blobs: PlannedBlob[] = [];
  context.insert(
    '_files',
    rowsOf(count, () => {
      const atMs = context.nextMs();
      const blob = { fileId: uuidV7(atMs, random), sizeBytes: random.int(min, max) };
      blobs.push(blob);
      return [blob.fileId, random.pick(vocabulary.fileNames), 'image/png', blob.sizeBytes, timestamp(atMs)];
    }),
  );
  return blobs;
}

/** Fills the collections with what is left of the planned rows. */
function insertRecords(
  context: SeedContext,
  collections: readonly Collection[],
  files: readonly string[],
): void {
  const left = Math.max(0, context.rowsLeft());
  const others = collections.length - 1;
  const peopleCount = others === 0 ? left : Math.ceil(left * PEOPLE_SHARE);
  const people: string[] = [];
  collections.forEach((collection, index) => {
    const start = Math.floor(((left - peopleCount) * (index - 1)) / others);
    const end = Math.floor(((left - peopleCount) * index) / others);
    const count = collection.id === FIRST_COLLECTION ? peopleCount : end - start;
    context.insert(collection.id, recordRows(context, collection, count, people, files));
  });
}

function* recordRows(
  context: SeedContext,
  collection: Collection,
  count: number,
  people: string[],
  files: readonly string[],
): Generator<SqlValue[]> {
  const { random, vocabulary } = context;
  const makers = valueMakers(collection, context.recordBytes);
  for (let index = 0; index < count; index++) {
    const atMs = context.nextMs();
    const id = uuidV7(atMs, random);
    if (collection.id === FIRST_COLLECTION) people.push(id);
    const at = timestamp(atMs);
    const row = { random, vocabulary, unique: index.toString(36), atMs, people, files };
    yield [id, at, at, ...makers.map((make) => make(row))];
  }
}
