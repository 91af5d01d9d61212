import { quoteIdentifier } from '../ledger/digest.ts';

/** A collection as RustBaas describes it in `_collections.schema_json`, and the table it stands for. */

export type FieldKind = 'text' | 'email' | 'url' | 'date' | 'json' | 'relation' | 'file' | 'number' | 'bool';

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly unique: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly target?: string;
  readonly cascade_delete?: boolean;
  readonly max_size?: number;
  readonly mime_types?: readonly string[];
}

export interface Collection {
  readonly id: string;
  readonly kind: 'base';
  readonly fields: readonly Field[];
}

/** The columns that every collection table begins with. */
export const RECORD_COLUMNS = ['id', 'created_at', 'updated_at'] as const;

/** CREATE TABLE as RustBaas writes it: real columns, one a field. */
export function createCollectionSql(collection: Collection): string {
  const fields = collection.fields.map(
    (field) => `${columnSql(field)}${field.required ? ' NOT NULL' : ''}${field.unique ? ' UNIQUE' : ''}`,
  );
  const columns = ['id TEXT PRIMARY KEY', 'created_at TEXT NOT NULL', 'updated_at TEXT NOT NULL', ...fields];
  return `CREATE TABLE ${quoteIdentifier(collection.id)} (${columns.join(', ')})`;
}

/** ALTER TABLE for a field added later: always nullable, whatever `required` says. */
export function addFieldSql(collection: string, field: Field): string {
  return `ALTER TABLE ${quoteIdentifier(collection)} ADD COLUMN ${columnSql(field)}`;
}

function columnSql(field: Field): string {
  return `${quoteIdentifier(field.name)} ${sqlType(field.kind)}`;
}

/** number is REAL, also for whole numbers; everything that is not a bool either is text. */
export function sqlType(kind: FieldKind): 'REAL' | 'INTEGER' | 'TEXT' {
  if (kind === 'number') return 'REAL';
  return kind === 'bool' ? 'INTEGER' : 'TEXT';
}

/** The text for `_collections.schema_json`. */
export function schemaJson(collection: Collection): string {
  return JSON.stringify(collection);
}

/** A collection from its `schema_json`, which the drill itself wrote. */
export function parseSchemaJson(text: string): Collection {
  return JSON.parse(text) as Collection;
}
