import type { Finding } from '../evidence/checks.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { baseSeq, type ExpectedState, lastSeq } from '../ledger/history-state.ts';
import { counted, few, finding } from './finding.ts';
import type { Observation } from './observation.ts';
import type { RowDefect } from './row-diff.ts';

/** `row-counts`: as many rows as the ledger says; rows missing, or back although they were deleted. */
export function rowCountFindings(
  path: string,
  expected: ExpectedState,
  observation: Observation,
  defects: readonly RowDefect[],
): Finding[] {
  const concerned = defects.filter(({ kind }) => kind === 'missing' || kind === 'resurrected');
  if (concerned.length === 0) return [];
  return [
    finding('row-counts', path, {
      expected: counted(rowsOf(expected.tables.values()), 'row'),
      actual: counted(rowsOf(observation.tables.values()), 'row'),
      detail: describe(concerned),
      count: concerned.length,
    }),
  ];
}

/** `content`: every row that is there has the content of its last write. */
export function contentFindings(path: string, defects: readonly RowDefect[]): Finding[] {
  const concerned = defects.filter(({ kind }) => kind === 'wrong' || kind === 'stale');
  if (concerned.length === 0) return [];
  return [
    finding('content', path, {
      expected: 'every row as last acknowledged',
      actual: `${counted(concerned.length, 'row')} with other content`,
      detail: describe(concerned),
      count: concerned.length,
    }),
  ];
}

/** `no-phantoms`: no row that no write ever made, and no write number that was never given. */
export function phantomFindings(
  history: DatabaseHistory,
  observation: Observation,
  defects: readonly RowDefect[],
): Finding[] {
  const { path, refusedWrites } = history;
  const [first, last] = [baseSeq(history), lastSeq(history)];
  const findings: Finding[] = [];
  const concerned = defects.filter(({ kind }) => kind === 'phantom');
  if (concerned.length > 0) {
    const refused = refusedWrites.filter((write) =>
      write.effects.some(([table, key]) => concerned.some((row) => row.table === table && row.key === key)),
    );
    const because =
      refused.length > 0
        ? `; refused writes ${few(refused.map((write) => String(write.seq)))} would have made such rows`
        : '';
    findings.push(
      finding('no-phantoms', path, {
        expected: 'only rows that a write made',
        actual: `${counted(concerned.length, 'row')} of no write`,
        detail: describe(concerned) + because,
        count: concerned.length,
      }),
    );
  }
  if (observation.seq !== null && !isSeq(observation.seq, history)) {
    findings.push(
      finding('no-phantoms', path, {
        expected: `a write from ${first} to ${last}`,
        actual: `write ${observation.seq}`,
        detail: 'the database says that it holds a write that was never begun',
        count: 1,
      }),
    );
  }
  return findings;
}

/** Whether a number is that of the base or of a write that was begun. */
export function isSeq(seq: number, history: DatabaseHistory): boolean {
  return Number.isInteger(seq) && seq >= baseSeq(history) && seq <= lastSeq(history);
}

/** Sum of the row counts of some tables. */
export function rowsOf(states: Iterable<readonly [rows: number, digest: string]>): number {
  let sum = 0;
  for (const [rows] of states) sum += rows;
  return sum;
}

function describe(defects: readonly RowDefect[]): string {
  return few(
    defects.map(({ table, key, kind, missingWrites }) => {
      const writes = missingWrites.length > 0 ? ` (write ${missingWrites.join(', ')})` : '';
      return `${table} ${key} ${kind}${writes}`;
    }),
  );
}
