import type { Random } from '../random.ts';
import type { Collection, Field } from './collections.ts';
import { dateText } from './ids.ts';
import type { Vocabulary } from './vocabulary.ts';

export type SqlValue = string | number | null | Uint8Array;

/** What a field's value may depend on besides chance. */
export interface RowContext {
  readonly random: Random;
  readonly vocabulary: Vocabulary;
  /** Different for every row of the database, also over both lives: makes UNIQUE fields unique. */
  readonly unique: string;
  readonly atMs: number;
  /** Ids that relation and file fields may point to; empty: the field is NULL. */
  readonly people: readonly string[];
  readonly files: readonly string[];
}

/** Makes the value of one field, as the column stores it. */
export type ValueMaker = (row: RowContext) => SqlValue;

/** What a record takes besides the field that is filled up: key, times, and its other fields, about. */
const OTHER_BYTES = 150;
const NULL_SHARE = 0.08;
const DAY_MS = 86_400_000;

/**
 * One maker a field, in the order of the collection's columns after `id`, `created_at`, `updated_at`. With `recordBytes`
 * the first field that takes any text is filled up until a record is about so large.
 */
export function valueMakers(collection: Collection, recordBytes?: number): readonly ValueMaker[] {
  const filled = recordBytes === undefined ? undefined : collection.fields.find(takesAnyText);
  return collection.fields.map((field) => {
    const make = makerOf(field);
    if (field === filled) return filledUp(field, make, (recordBytes ?? 0) - OTHER_BYTES);
    if (field.required || field.unique) return make;
    return (row) => (row.random.float() < NULL_SHARE ? null : make(row));
  });
}

function takesAnyText({ kind, unique, max }: Field): boolean {
  return !unique && max === undefined && ['text', 'url', 'json'].includes(kind);
}

/** The field's own value and after it, in a form that is still of its kind, sentences up to so many characters. */
function filledUp({ kind }: Field, make: ValueMaker, length: number): ValueMaker {
  return (row) => {
    const value = String(make(row));
    let text = '';
    while (text.length < length - value.length) text += `${row.random.pick(row.vocabulary.sentences)} `;
    text = text.slice(0, Math.max(0, length - value.length));
    if (kind === 'json') return JSON.stringify({ ...(JSON.parse(value) as object), note: text });
    return kind === 'url' ? `${value}?note=${text.replaceAll(' ', '+')}` : `${value} ${text}`;
  };
}

function makerOf(field: Field): ValueMaker {
  switch (field.kind) {
    case 'text':
      return textMaker(field);
    case 'email':
      return ({ random, vocabulary, unique }) =>
        `${random.pick(vocabulary.emailNames)}.${unique}@example.com`;
    case 'url':
      return ({ random, vocabulary }) => random.pick(vocabulary.urls);
    case 'date':
      return ({ random, atMs }) => dateText(atMs - random.int(0, 3650) * DAY_MS);
    case 'json':
      return ({ random, vocabulary }) =>
        `{"tags":["${random.pick(vocabulary.words)}","${random.pick(vocabulary.words)}"],"n":${random.int(0, 99)}}`;
    case 'relation':
      return ({ random, people }) => (people.length === 0 ? null : random.pick(people));
    case 'file':
      return ({ random, files }) => (files.length === 0 ? null : random.pick(files));
    case 'number':
      return field.max === undefined
        ? ({ random }) => random.int(0, 1_000_000) / 100
        : ({ random }) => random.int(field.min ?? 0, field.max ?? 0);
    case 'bool':
      return ({ random }) => random.int(0, 1);
    default:
      return field.kind satisfies never;
  }
}

/** Text is what its field's name says it is. */
function textMaker(field: Field): ValueMaker {
  if (field.unique) {
    return ({ random, vocabulary, unique }) => `${random.pick(vocabulary.words)}-${unique}`;
  }
  switch (field.name) {
    case 'name':
      return ({ random, vocabulary }) => random.pick(vocabulary.names);
    case 'title':
      return ({ random, vocabulary }) => random.pick(vocabulary.titles);
    case 'venue':
      return ({ random, vocabulary }) => random.pick(vocabulary.places);
    case 'unit':
    case 'sensor':
      return ({ random, vocabulary }) => random.pick(vocabulary.words);
    default:
      return ({ random, vocabulary }) => random.pick(vocabulary.sentences);
  }
}
