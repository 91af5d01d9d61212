import type { Collection, Field, FieldKind } from './collections.ts';

/** The collections that apps are made of. Between them they have every kind of field. */

interface FieldOptions extends Partial<Omit<Field, 'name' | 'kind'>> {
  readonly required?: boolean;
  readonly unique?: boolean;
}

function field(name: string, kind: FieldKind, options: FieldOptions = {}): Field {
  return { name, kind, required: false, unique: false, ...options };
}

function relation(name: string): Field {
  return field(name, 'relation', { target: 'people', cascade_delete: false });
}

function image(name: string): Field {
  return field(name, 'file', { max_size: 5_242_880, mime_types: ['image/png', 'image/jpeg'] });
}

function collection(id: string, fields: readonly Field[]): Collection {
  return { id, kind: 'base', fields };
}

/** The first collection of every app, and the target of all relations. */
const PEOPLE = collection('people', [
  field('name', 'text', { required: true, min: 1, max: 200 }),
  field('email', 'email', { required: true, unique: true }),
  field('age', 'number', { min: 0, max: 150 }),
  field('active', 'bool', { required: true }),
  field('homepage', 'url'),
  field('born', 'date'),
]);

const OTHERS: readonly Collection[] = [
  collection('products', [
    field('title', 'text', { required: true }),
    field('sku', 'text', { required: true, unique: true }),
    field('price', 'number', { required: true, min: 0 }),
    field('in_stock', 'bool'),
    field('details', 'json'),
    image('picture'),
  ]),
  collection('orders', [
    field('number', 'text', { required: true, unique: true }),
    relation('customer'),
    field('total', 'number', { required: true }),
    field('paid', 'bool', { required: true }),
    field('ordered_on', 'date'),
    field('lines', 'json'),
  ]),
  collection('articles', [
    field('title', 'text', { required: true }),
    field('slug', 'text', { required: true, unique: true }),
    field('body', 'text'),
    field('published', 'bool'),
    relation('author'),
    image('cover'),
  ]),
  collection('comments', [
    field('body', 'text', { required: true }),
    relation('author'),
    field('score', 'number'),
    field('hidden', 'bool'),
  ]),
  collection('tasks', [
    field('title', 'text', { required: true }),
    field('done', 'bool', { required: true }),
    field('priority', 'number'),
    field('due', 'date'),
    relation('assignee'),
    field('labels', 'json'),
  ]),
  collection('events', [
    field('title', 'text', { required: true }),
    field('starts', 'date', { required: true }),
    field('venue', 'text'),
    field('capacity', 'number'),
    field('link', 'url'),
  ]),
  collection('readings', [
    field('sensor', 'text', { required: true }),
    field('value', 'number', { required: true }),
    field('unit', 'text'),
    field('taken', 'date'),
    field('raw', 'json'),
  ]),
  collection('invoices', [
    field('number', 'text', { required: true, unique: true }),
    relation('customer'),
    field('amount', 'number', { required: true }),
    field('billing_email', 'email'),
    field('paid', 'bool'),
    field('issued', 'date'),
  ]),
];

const BY_ID: ReadonlyMap<string, Collection> = new Map([PEOPLE, ...OTHERS].map((item) => [item.id, item]));

/** Id of the collection that every app has. */
export const FIRST_COLLECTION = PEOPLE.id;

/** Ids of the collections that an app may have besides. */
export const OTHER_COLLECTIONS: readonly string[] = OTHERS.map((item) => item.id);

/** A template by its id. */
export function collectionTemplate(id: string): Collection {
  const found = BY_ID.get(id);
  if (found === undefined) throw new RangeError(`no collection template is called ${id}`);
  return found;
}
