import { join } from 'node:path';
import { DigestSum, EMPTY_TABLE } from './digest.ts';
import type { DatabaseHistory, LedgerWrite } from './history.ts';
import { readLines } from './lines.ts';
import type { BaselineRow, TableState } from './records.ts';

/** What a database holds after write `seq`. */
export interface ExpectedState {
  readonly tables: ReadonlyMap<string, TableState>;
  readonly schema: string;
}

/** The number at which a history begins: 0, in a second life the recovery point of the first. */
export function baseSeq(history: DatabaseHistory): number {
  return history.base.seq ?? 0;
}

/** The last write that was begun and not refused. */
export function lastSeq(history: DatabaseHistory): number {
  return baseSeq(history) + history.writes.length;
}

/** Writes up to `seq`, oldest first. */
export function writesUpTo(history: DatabaseHistory, seq: number): readonly LedgerWrite[] {
  return history.writes.slice(0, Math.max(0, seq - baseSeq(history)));
}

/** One write by its number; null for the base and for what was never begun. */
export function writeAt(history: DatabaseHistory, seq: number): LedgerWrite | null {
  return history.writes[seq - baseSeq(history) - 1] ?? null;
}

/** The expected content after write `seq`, as counts and digests. */
export function stateAt(history: DatabaseHistory, seq: number): ExpectedState {
  const tables = new Map(Object.entries(history.base.tables));
  let schema = history.base.schema;
  for (const write of writesUpTo(history, seq)) {
    for (const [table, state] of Object.entries(write.tables)) tables.set(table, state);
    for (const table of write.dropped) tables.delete(table);
    schema = write.schema ?? schema;
  }
  return { tables, schema };
}

/** One content that a row had: from write `seq` (or the base) on, until the next one. null: no such row. */
export interface RowVersion {
  readonly seq: number;
  readonly hash: string | null;
}

/** Every content of every row that a write touched, oldest first, and the rows of the base. */
export interface RowHistory {
  /** table → key → hash at seq 0. */
  readonly baseline: ReadonlyMap<string, Map<string, string>>;
  /** table → key → versions, for touched rows only. */
  readonly touched: ReadonlyMap<string, ReadonlyMap<string, readonly RowVersion[]>>;
}

/** Where the row hashes at seq 0 come from. */
export type BaselineSource = (
  history: DatabaseHistory,
  tables: ReadonlySet<string>,
) => Promise<Map<string, Map<string, string>>>;

/** The row-level history of some tables: only needed when their digests are not as expected. */
export async function rowHistory(
  history: DatabaseHistory,
  tables: ReadonlySet<string>,
  source: BaselineSource = readBaseline,
): Promise<RowHistory> {
  const baseline = await source(history, tables);
  const touched = new Map<string, Map<string, RowVersion[]>>();
  const versionsOf = (table: string, key: string): RowVersion[] => {
    const rows = touched.get(table) ?? new Map<string, RowVersion[]>();
    touched.set(table, rows);
    const versions = rows.get(key) ?? [
      { seq: baseSeq(history), hash: baseline.get(table)?.get(key) ?? null },
    ];
    rows.set(key, versions);
    return versions;
  };
  for (const write of history.writes) {
    for (const [table, key, , after] of write.effects) {
      if (tables.has(table)) versionsOf(table, key).push({ seq: write.seq, hash: after });
    }
    for (const table of write.dropped) {
      if (!tables.has(table)) continue;
      for (const key of new Set([
        ...(baseline.get(table)?.keys() ?? []),
        ...(touched.get(table)?.keys() ?? []),
      ])) {
        const versions = versionsOf(table, key);
        if (versions.at(-1)?.hash !== null) versions.push({ seq: write.seq, hash: null });
      }
    }
  }
  return { baseline, touched };
}

/** The hash of a touched row after write `seq`; null: no such row. */
export function contentAt(versions: readonly RowVersion[], seq: number): string | null {
  return versions.findLast((version) => version.seq <= seq)?.hash ?? null;
}

/** table → key → hash of every row after write `seq`. */
export async function expectedRows(
  history: DatabaseHistory,
  seq: number,
  tables: ReadonlySet<string> = new Set(stateAt(history, seq).tables.keys()),
  source: BaselineSource = readBaseline,
): Promise<Map<string, Map<string, string>>> {
  const { baseline, touched } = await rowHistory(history, tables, source);
  const rows = new Map([...tables].map((table) => [table, new Map(baseline.get(table))]));
  for (const [table, keys] of touched) {
    for (const [key, versions] of keys) {
      const hash = contentAt(versions, seq);
      if (hash === null) rows.get(table)?.delete(key);
      else rows.get(table)?.set(key, hash);
    }
  }
  return rows;
}

/** Reads row hashes at seq 0 from the baseline file, and makes sure that they are the ones of the base record. */
export async function readBaseline(
  history: DatabaseHistory,
  tables: ReadonlySet<string>,
): Promise<Map<string, Map<string, string>>> {
  const { base, ledgerDir } = history;
  const rows = new Map([...tables].map((table) => [table, new Map<string, string>()]));
  if (base.rows !== null) {
    for await (const { lines } of readLines(join(ledgerDir, base.rows))) {
      for (const line of lines) {
        const [table, key, hash] = JSON.parse(line) as BaselineRow;
        rows.get(table)?.set(key, hash);
      }
    }
  }
  for (const [table, keys] of rows) {
    const [count, digest] = base.tables[table] ?? EMPTY_TABLE;
    const sum = new DigestSum();
    for (const hash of keys.values()) sum.add(Buffer.from(hash, 'hex'));
    const state = sum.state();
    if (state[0] !== count || state[1] !== digest) {
      throw new RangeError(
        `the baseline of ${base.db} does not give the digest of ${table} in its base record`,
      );
    }
  }
  return rows;
}
