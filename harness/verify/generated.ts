import type { Database } from 'better-sqlite3';
import { quoteIdentifier } from '../ledger/digest.ts';
import type { DerivedProblem } from './derived.ts';
import { counted } from './finding.ts';

/**
 * Generated columns computed anew: the table is made once more, as a temporary one, by its own SQL, and given the columns that are
 * not generated. A stored value that its expression does not give passes SQLite's `integrity_check`.
 */
export function generatedProblems(db: Database, tables: readonly string[]): DerivedProblem[] {
  return tables.flatMap((table) => {
    const columns = db
      .prepare('SELECT name, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid')
      .all(table) as Column[];
    const generated = columns.filter(({ hidden }) => hidden === VIRTUAL || hidden === STORED);
    if (generated.length === 0) return [];
    const wrong = wrongRows(db, table, columns, generated);
    if (wrong === 0) return [];
    return [
      {
        actual: `${counted(wrong, 'row')} with a generated value that its expression does not give`,
        detail: `${table}: ${generated.map(({ name }) => name).join(', ')}`,
        count: wrong,
      },
    ];
  });
}

const VIRTUAL = 2;
const STORED = 3;

interface Column {
  readonly name: string;
  readonly pk: number;
  readonly hidden: number;
}

function wrongRows(
  db: Database,
  table: string,
  columns: readonly Column[],
  generated: readonly Column[],
): number {
  const sql = db
    .prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .pluck()
    .get(table);
  const keys = columns.filter(({ pk }) => pk > 0).map(({ name }) => quoteIdentifier(name));
  const given = columns.filter(({ hidden }) => hidden === 0).map(({ name }) => quoteIdentifier(name));
  const name = quoteIdentifier(table);
  // A table without a primary key has a rowid.
  const by = keys.length > 0 ? keys : ['rowid'];
  const all = (keys.length > 0 ? given : ['rowid', ...given]).join(', ');
  // Its parents are not there a second time. A database that is read only may have tables in temp.
  db.exec('PRAGMA foreign_keys = OFF');
  try {
    db.exec(String(sql).replace(/^CREATE TABLE /, 'CREATE TABLE temp.'));
    // A row that the table itself would refuse is not one that could be held against anything, and red by its content.
    db.exec(`INSERT OR IGNORE INTO temp.${name} (${all}) SELECT ${all} FROM main.${name}`);
    const same = by.map((column) => `found.${column} IS made.${column}`).join(' AND ');
    const differs = generated
      .map(({ name: column }) => quoteIdentifier(column))
      .map(
        (column) =>
          `found.${column} IS NOT made.${column} OR typeof(found.${column}) <> typeof(made.${column})`,
      )
      .join(' OR ');
    const query = `SELECT count(*) FROM main.${name} AS found JOIN temp.${name} AS made ON ${same} WHERE ${differs}`;
    return Number(db.prepare(query).pluck().get());
  } finally {
    db.exec(`DROP TABLE IF EXISTS temp.${name}`);
  }
}
