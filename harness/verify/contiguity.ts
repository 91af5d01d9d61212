import type { Finding } from '../evidence/checks.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { few, finding } from './finding.ts';

/**
 * `contiguity`: writes are there up to some point and none after it. `missing` writes are a hole when a later write
 * is there, or another part of the same one. The base counts as a write.
 */
export function holeFindings(
  path: string,
  base: number,
  missing: ReadonlySet<number>,
  evident: ReadonlySet<number>,
): Finding[] {
  const latest = [...evident].reduce((most, seq) => Math.max(most, seq), base);
  const holes = [...missing].filter((seq) => seq < latest || evident.has(seq)).toSorted((a, b) => a - b);
  if (holes.length === 0) return [];
  return [
    finding('contiguity', path, {
      expected: `all writes up to ${latest}`,
      actual: `${holes.length} of them not, or not whole`,
      detail: `missing: ${few(holes.map((seq) => (seq === base ? 'the base' : `write ${seq}`)))}`,
      count: holes.length,
    }),
  ];
}

/** `contiguity`: rows of writes after the one at which the database says it is. */
export function beyondFindings(history: DatabaseHistory, seq: number | null, reference: number): Finding[] {
  if (seq === null || reference <= seq) return [];
  return [
    finding('contiguity', history.path, {
      expected: `no write after ${seq}, where the database says it is`,
      actual: `rows up to write ${reference}`,
      detail: 'the in-band state is older than the rows',
      count: reference - seq,
    }),
  ];
}
