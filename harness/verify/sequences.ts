import type { Database } from 'better-sqlite3';
import type { Finding } from '../evidence/checks.ts';
import { quoteIdentifier, tableShape } from '../ledger/digest.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import type { ExpectedState } from '../ledger/history-state.ts';
import { finding } from './finding.ts';
import type { Observation } from './observation.ts';
import { sameState } from './table-state.ts';

/** The AUTOINCREMENT number of one table. */
export interface ObservedSequence {
  readonly table: string;
  /** What `sqlite_sequence` says; a value that is no integer is null, and normally there is one entry at most. */
  readonly numbers: readonly (bigint | null)[];
  /** The largest key in the table, 0 when it is empty; null: the table has no AUTOINCREMENT, or is not there. */
  readonly largest: bigint | null;
}

/** Strings, quoted names and comments: the word in them means nothing. Elsewhere SQLite takes it for the keyword only. */
const NOT_SQL = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

/** Every table with AUTOINCREMENT or with an entry in `sqlite_sequence`. */
export function sequencesOf(db: Database): ObservedSequence[] {
  const candidates = db
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%autoincrement%'")
    .raw()
    .all() as [string, string][];
  const largest = new Map(
    candidates
      .filter(([, sql]) => /\bautoincrement\b/i.test(sql.replaceAll(NOT_SQL, ' ')))
      .map(([table]) => [table, largestKey(db, table)]),
  );
  const numbers = numbersOf(db);
  return [...new Set([...largest.keys(), ...numbers.keys()])].map((table) => ({
    table,
    numbers: numbers.get(table) ?? [],
    largest: largest.get(table) ?? null,
  }));
}

function largestKey(db: Database, table: string): bigint {
  // AUTOINCREMENT asks for an INTEGER PRIMARY KEY of one column.
  const [key = 'rowid'] = tableShape(db, table).key;
  const sql = `SELECT max(0, coalesce(max(${quoteIdentifier(key)}), 0)) FROM ${quoteIdentifier(table)}`;
  return db.prepare(sql).pluck().safeIntegers().get() as bigint;
}

function numbersOf(db: Database): Map<string, (bigint | null)[]> {
  const numbers = new Map<string, (bigint | null)[]>();
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get() === undefined)
    return numbers;
  const rows = db.prepare('SELECT name, seq FROM sqlite_sequence').raw().safeIntegers().all() as unknown[][];
  for (const [name, seq] of rows) {
    const table = String(name);
    numbers.set(table, [...(numbers.get(table) ?? []), typeof seq === 'bigint' ? seq : null]);
  }
  return numbers;
}

/**
 * `content`: the number from which SQLite gives the next AUTOINCREMENT key is that of the largest key there ever was.
 * Behind it, RustBaas gives a key twice; ahead of it, rows were there that no write made. `histories`: this life's
 * and those before, whose deletions are why the largest key may be gone.
 */
export function sequenceFindings(
  observation: Observation,
  path: string,
  expected: ExpectedState,
  histories: readonly DatabaseHistory[],
): Finding[] {
  return observation.sequences.flatMap((sequence) => {
    const { table, numbers, largest } = sequence;
    // Rows that are missing or wrong are findings of their own, and say nothing about the number.
    const isExact =
      sameState(observation.tables.get(table), expected.tables.get(table)) &&
      !histories.some((history) => hasDeletion(history, table));
    if (isSound(sequence, isExact)) return [];
    const entries = numbers.map((number) => number ?? 'no integer').join(' and ');
    return [
      finding('content', path, {
        expected: largest === null ? 'no number' : `the number ${isExact ? '' : 'at least '}${largest}`,
        actual: entries === '' ? 'no number' : entries,
        detail:
          largest === null
            ? `${table} has no AUTOINCREMENT, and yet a number in sqlite_sequence`
            : `sqlite_sequence does not fit the keys of ${table}`,
        count: 1,
      }),
    ];
  });
}

function isSound({ numbers, largest }: ObservedSequence, isExact: boolean): boolean {
  if (largest === null) return numbers.length === 0;
  const [number, ...others] = numbers;
  // SQLite makes the entry with the first row.
  if (number === undefined) return largest === 0n;
  if (number === null || others.length > 0) return false;
  return isExact ? number === largest : number >= largest;
}

function hasDeletion({ writes }: DatabaseHistory, table: string): boolean {
  return writes.some(({ effects, dropped }) => {
    if (dropped.includes(table)) return true;
    return effects.some(([of, , before, after]) => of === table && before !== null && after === null);
  });
}
