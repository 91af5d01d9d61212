import type { Database } from 'better-sqlite3';
import { scanTable } from '../ledger/digest.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import {
  type BaselineSource,
  baseSeq,
  contentAt,
  type RowHistory,
  type RowVersion,
  rowHistory,
} from '../ledger/history-state.ts';
import { attempt } from './attempt.ts';
import { withDatabase } from './database-copy.ts';

/** A row that is not as it should be after the reference write. */
export interface RowDefect {
  readonly table: string;
  readonly key: string;
  /**
   * missing: not there. stale: an older content is there. resurrected: it was deleted, and is there.
   * wrong: a content that no write gave it. phantom: no write ever made such a row.
   */
  readonly kind: 'missing' | 'stale' | 'resurrected' | 'wrong' | 'phantom';
  /** Writes whose effect on this row is missing, oldest first; the base counts as one. */
  readonly missingWrites: readonly number[];
}

export interface RowDiff {
  /** The write against which the rows were held: the in-band seq, or a later one whose rows are there. */
  readonly reference: number;
  readonly defects: readonly RowDefect[];
  /** Writes that rows of these tables prove to be there: their content is the row's content. */
  readonly evident: ReadonlySet<number>;
}

/** One row as it was found; more than one for a key only in a damaged table. */
type FoundRows = ReadonlyMap<string, readonly string[]>;

interface TableRows {
  /** Rows that some write touched. */
  readonly touched: FoundRows;
  /** Rows that no write touched and that are not as in the base, or there once more. */
  readonly strange: readonly { readonly key: string; readonly again: boolean }[];
  /** Rows of the base that no write touched and that were not found. */
  readonly gone: readonly string[];
}

/**
 * Names the rows of `tables` that differ from what write `seq` left, and the writes behind them. A later write whose
 * rows are there moves the reference forward: then it is the in-band seq that is wrong.
 */
export async function diffRows(
  file: string,
  scratchDir: string,
  history: DatabaseHistory,
  tables: ReadonlySet<string>,
  seq: number,
  source?: BaselineSource,
): Promise<RowDiff> {
  const rows = await rowHistory(history, tables, source);
  const found = withDatabase(file, scratchDir, (db) => {
    const existing = new Set(
      db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[],
    );
    return new Map(
      [...tables].map((table) => [
        table,
        readRows(table, rows, (onRow) =>
          existing.has(table) ? scanWhatCanBeRead(db, table, onRow) : undefined,
        ),
      ]),
    );
  });
  const base = baseSeq(history);
  const reference = Math.max(seq, latestEvident(rows, found, seq));
  const evident = new Set<number>();
  const defects: RowDefect[] = [];
  for (const [table, tableRows] of found) {
    const baselineOf = rows.baseline.get(table);
    for (const [key, versions] of rows.touched.get(table) ?? []) {
      const hashes = tableRows.touched.get(key) ?? [];
      const defect = touchedDefect(table, key, versions, hashes, reference, evident);
      if (defect !== null) defects.push(defect);
      for (let extra = 1; extra < hashes.length; extra++)
        defects.push({ table, key, kind: 'phantom', missingWrites: [] });
    }
    for (const { key, again } of tableRows.strange) {
      const seeded = !again && baselineOf?.has(key) === true;
      defects.push({ table, key, kind: seeded ? 'wrong' : 'phantom', missingWrites: seeded ? [base] : [] });
    }
    for (const key of tableRows.gone) defects.push({ table, key, kind: 'missing', missingWrites: [base] });
  }
  return { reference, defects, evident };
}

/** A scan that breaks off in a damaged page has shown the rows before it; the others are missing. */
function scanWhatCanBeRead(db: Database, table: string, onRow: (key: string, hash: string) => void): void {
  const result = attempt(() => scanTable(db, table, onRow));
  if ('thrown' in result) throw new Error(result.thrown);
}

function readRows(
  table: string,
  rows: RowHistory,
  scan: (onRow: (key: string, hash: string) => void) => void,
): TableRows {
  const versions = rows.touched.get(table);
  const baseline = rows.baseline.get(table);
  const touched = new Map<string, string[]>();
  const strange: { key: string; again: boolean }[] = [];
  const seen = new Set<string>();
  scan((key, hash) => {
    if (versions?.has(key) === true) {
      const hashes = touched.get(key);
      if (hashes === undefined) touched.set(key, [hash]);
      else hashes.push(hash);
      return;
    }
    const again = seen.has(key);
    seen.add(key);
    if (again || baseline?.get(key) !== hash) strange.push({ key, again });
  });
  const gone = [...(baseline?.keys() ?? [])].filter((key) => !seen.has(key) && versions?.has(key) !== true);
  return { touched, strange, gone };
}

/** The latest write after `seq` whose content some row has, while no earlier content of that row is the same. */
function latestEvident(rows: RowHistory, found: ReadonlyMap<string, TableRows>, seq: number): number {
  let latest = 0;
  for (const [table, { touched }] of found) {
    for (const [key, hashes] of touched) {
      const versions = rows.touched.get(table)?.get(key) ?? [];
      for (const hash of hashes) {
        if (versions.some((version) => version.seq <= seq && version.hash === hash)) continue;
        const version = versions.find((candidate) => candidate.hash === hash);
        if (version !== undefined) latest = Math.max(latest, version.seq);
      }
    }
  }
  return latest;
}

function touchedDefect(
  table: string,
  key: string,
  versions: readonly RowVersion[],
  hashes: readonly string[],
  reference: number,
  evident: Set<number>,
): RowDefect | null {
  const expected = contentAt(versions, reference);
  const past = versions.filter((version) => version.seq <= reference);
  const actual = hashes[0] ?? null;
  const match = past.findLast((version) => version.hash === actual);
  if (match !== undefined && match.hash !== null) evident.add(match.seq);
  if (actual === expected) return null;
  if (match !== undefined) {
    // Everything after the content that is there did not come back.
    const kind = actual === null ? 'missing' : expected === null ? 'resurrected' : 'stale';
    return { table, key, kind, missingWrites: seqsAfter(past, match) };
  }
  if (expected === null) return { table, key, kind: 'phantom', missingWrites: [] };
  // No version was ever like this (null: a row of the base that is gone): nothing of the row's present life is there.
  const birth = past.findLast((version) => version.hash === null);
  const missingWrites = birth === undefined ? past.map((version) => version.seq) : seqsAfter(past, birth);
  return { table, key, kind: actual === null ? 'missing' : 'wrong', missingWrites };
}

function seqsAfter(versions: readonly RowVersion[], from: RowVersion): number[] {
  return versions.slice(versions.indexOf(from) + 1).map((version) => version.seq);
}
