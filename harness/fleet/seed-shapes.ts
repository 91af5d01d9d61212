import type { Database } from 'better-sqlite3';
import { randomFor } from '../random.ts';
import type { Plan, PlannedDatabase } from '../scenario/plan.ts';
import { FEATURES } from '../scenario/shapes.ts';
import type { SqlValue } from './field-values.ts';
import { quoteIdentifier } from '../ledger/digest.ts';
import { ARCHIVE_ROW_BYTES, SHAPE_COLUMNS, type ShapeRow } from './shape-rows.ts';
import { ARCHIVE, FEATURE_TABLES, type UserTable } from './shapes.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Large blobs are few. */
export const SEEDED_LARGE_BLOBS = 6;
/** Seeded rows of each of a user's tables. */
const ROWS = {
  fts5: 80,
  'without-rowid': 80,
  'generated-columns': 80,
  'large-blobs': SEEDED_LARGE_BLOBS,
} as const;
const MEBIBYTE = 1_048_576;

/**
 * The tables that the user of an app has made. They are the first in the file, so that RustBaas' own rows and what is
 * written later lie behind the bulk of it.
 */
export function seedShapes(db: Database, plan: Plan, planned: PlannedDatabase, vocabulary: Vocabulary): void {
  const { bulkMb, features = [], path } = planned;
  const context = {
    random: randomFor(plan.seed, `shapes/${path}`),
    vocabulary,
    largeBlobBytes: plan.largeBlobBytes ?? 0,
  };
  if (bulkMb !== undefined) {
    const rows = Math.ceil((bulkMb * MEBIBYTE) / ARCHIVE_ROW_BYTES);
    seedTable(db, ARCHIVE, rows, 'bulk', context, path);
  }
  // In one order, whatever the scenario's: the same features give the same file.
  for (const feature of FEATURES) {
    if (features.includes(feature))
      seedTable(db, FEATURE_TABLES[feature], ROWS[feature], feature, context, path);
  }
}

function seedTable(
  db: Database,
  table: UserTable,
  count: number,
  shape: keyof typeof SHAPE_COLUMNS,
  context: Omit<ShapeRow, 'unique'>,
  path: string,
): void {
  const { key, others } = SHAPE_COLUMNS[shape];
  db.exec(table.sql);
  const columns = [...table.key, ...Object.keys(others)];
  const insert = db.prepare(
    `INSERT INTO ${quoteIdentifier(table.name)} (${columns.map(quoteIdentifier).join(', ')})` +
      ` VALUES (${columns.map(() => '?').join(', ')})`,
  );
  for (let index = 0; index < count; index++) {
    const row: ShapeRow = { ...context, unique: `${path}-${index.toString(36)}` };
    const values: SqlValue[] = [...key(row), ...Object.values(others).map((make) => make(row))];
    insert.run(values);
  }
}
