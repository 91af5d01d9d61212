import type { SqlValue } from '../fleet/field-values.ts';
import { SHAPE_COLUMNS, type ShapeColumns, type ShapeRow } from '../fleet/shape-rows.ts';
import { ARCHIVE, FEATURE_TABLES, type UserTable } from '../fleet/shapes.ts';
import { quoteIdentifier } from '../ledger/digest.ts';
import type { RecordMix } from '../scenario/plan.ts';
import { FEATURES } from '../scenario/shapes.ts';
import type { Operation } from './mix.ts';
import type { Session } from './session.ts';
import type { OpenDatabase } from './tracked-database.ts';

/** Writes to the tables that the user of an app has made: one commit each, as those of records. */

/** Of the operations in an app that has such tables. */
const SHAPED_SHARE = 0.5;
const ORDINARY_MIX: RecordMix = { create: 500, update: 350, delete: 150 };

interface ShapedTable {
  readonly table: UserTable;
  readonly columns: ShapeColumns;
}

const SHAPED_TABLES: readonly ShapedTable[] = [
  ...FEATURES.map((feature) => ({ table: FEATURE_TABLES[feature], columns: SHAPE_COLUMNS[feature] })),
  { table: ARCHIVE, columns: SHAPE_COLUMNS.bulk },
];

/** A write to one of the user's own tables, for one operation in two; null: the app has none, or it is not their turn. */
export function pickShaped(
  session: Session,
  database: OpenDatabase,
  recordMix: RecordMix = ORDINARY_MIX,
): Operation | null {
  const there = shapedTablesOf(database);
  if (there.length === 0 || session.random.float() >= SHAPED_SHARE) return null;
  const shaped = session.random.pick(there);
  const { create, update } = recordMix;
  const drawn = session.random.int(0, create + update + recordMix.delete - 1);
  if (drawn < create) return createShaped(shaped);
  return drawn < create + update ? updateShaped(shaped) : deleteShaped(shaped);
}

/** The user's own tables in a database. */
export function shapedTablesOf({ account }: OpenDatabase): ShapedTable[] {
  return SHAPED_TABLES.filter(({ table }) => account.tables.has(table.name));
}

/** Inserts a row. */
export function createShaped({ table, columns }: ShapedTable): Operation {
  return (session, database) => {
    const row = rowOf(session);
    const values = [...columns.key(row), ...Object.values(columns.others).map((make) => make(row))];
    session.write(database, 'record-create', (transaction) => transaction.insert(table.name, values));
  };
}

/** Gives a row other values; inserts one where there is none. */
export function updateShaped(shaped: ShapedTable): Operation {
  const { table, columns } = shaped;
  return (session, database) => {
    const key = pickKey(session, database, table);
    if (key === null) return createShaped(shaped)(session, database);
    const row = rowOf(session);
    const values = Object.values(columns.others).map((make) => make(row));
    session.write(database, 'record-update', (transaction) =>
      transaction.update(table.name, key, Object.keys(columns.others), values),
    );
  };
}

/** Deletes a row; inserts one where there is none. */
export function deleteShaped(shaped: ShapedTable): Operation {
  const { table } = shaped;
  return (session, database) => {
    const key = pickKey(session, database, table);
    if (key === null) return createShaped(shaped)(session, database);
    session.write(database, 'record-delete', (transaction) => transaction.deleteRow(table.name, key));
  };
}

function rowOf(session: Session): ShapeRow {
  const { random, vocabulary, largeBlobBytes } = session;
  return { random, vocabulary, largeBlobBytes, unique: session.unique() };
}

/** The key of any row, all alike: old ones at the front of the file and new ones at its end. */
function pickKey(session: Session, database: OpenDatabase, { name, key }: UserTable): SqlValue[] | null {
  const rows = database.account.tables.get(name)?.rows ?? 0;
  if (rows === 0) return null;
  const columns = key.map(quoteIdentifier).join(', ');
  const sql = `SELECT ${columns} FROM ${quoteIdentifier(name)} ORDER BY ${columns} LIMIT 1 OFFSET ?`;
  const found = database.db
    .prepare(sql)
    .raw()
    .get(session.random.int(0, rows - 1));
  return (found as SqlValue[] | undefined) ?? null;
}
