import type { Finding } from '../evidence/checks.ts';
import { parseSchemaJson, RECORD_COLUMNS, sqlType } from '../fleet/collections.ts';
import { MIGRATIONS } from '../fleet/migrations.ts';
import { USER_TABLES } from '../fleet/shapes.ts';
import { baseObjects } from './base-schema.ts';
import { few, finding } from './finding.ts';
import type { ObservedColumn, ObservedFacts } from './observation.ts';
import { placeOf } from './places.ts';

/**
 * `invariants`, inside one file: every collection has its table and every table its collection or a user who made it, the columns are those
 * of `schema_json`, and the migrations are those of the kind of database. The caller leaves them out for a file that
 * is exactly as the ledger has it: RustBaas makes such changes in two commits, and the host had just made the first.
 */
export function fileInvariantFindings(path: string, facts: ObservedFacts): Finding[] {
  const kind = placeOf(path)?.kind;
  if (kind === undefined) return [];
  const broken: string[] = [];
  const { collections, columns, migrations } = facts;
  for (const { id, schemaJson } of collections ?? []) {
    const actual = columns.get(id);
    if (actual === undefined) broken.push(`collection ${id} has no table`);
    else if (!hasColumns(schemaJson, actual))
      broken.push(`the columns of ${id} are not those of its schema_json`);
  }
  if (collections !== null) {
    const known = new Set([
      ...collections.map(({ id }) => id),
      ...[...baseObjects(path).keys()].map((object) => object.replace(/^table /, '')),
      ...USER_TABLES,
    ]);
    for (const table of columns.keys())
      if (!known.has(table)) broken.push(`table ${table} belongs to no collection`);
  }
  const expected = MIGRATIONS[kind].map(({ id }) => id);
  for (const id of expected)
    if (migrations?.includes(id) === false) broken.push(`migration ${id} is missing`);
  for (const id of migrations ?? []) if (!expected.includes(id)) broken.push(`migration ${id} is unknown`);
  if (broken.length === 0) return [];
  return [
    finding('invariants', path, {
      expected: "RustBaas' own rules",
      actual: `${broken.length} broken`,
      detail: few(broken),
      count: broken.length,
    }),
  ];
}

function hasColumns(schemaJson: string, actual: readonly ObservedColumn[]): boolean {
  try {
    const { fields } = parseSchemaJson(schemaJson);
    const expected = [
      ...RECORD_COLUMNS.map((name) => `${name} TEXT`),
      ...fields.map(({ name, kind }) => `${name} ${sqlType(kind)}`),
    ];
    const found = actual.map(({ name, type }) => `${name} ${type}`);
    return expected.length === found.length && expected.every((column) => found.includes(column));
  } catch {
    return false;
  }
}
