import type { LostAt, LostRun } from '../evidence/database.ts';
import { count } from './format.ts';

/** Where lost writes can have been at the kill, with what it means, in the order of the way to the bucket. */
export const LOST_AT: readonly {
  readonly place: keyof LostAt;
  readonly words: string;
  readonly meaning: string;
}[] = [
  {
    place: 'unreachable',
    words: 'uploaded and unreachable',
    meaning: 'within what had been uploaded, and the restore does not reach it: a gap in the replica',
  },
  {
    place: 'staged',
    words: 'staged, not uploaded',
    meaning: "in Litestream's own files beside the database, not yet in the bucket",
  },
  {
    place: 'wal',
    words: 'only in the WAL',
    meaning: "on the host's disk alone: Litestream had not taken it up",
  },
  { place: 'nowhere', words: 'nowhere', meaning: "acknowledged, and not even on the dead host's disk" },
  { place: 'unclear', words: 'unclear', meaning: 'neither the lost disk nor the bucket tells' },
];

/**
 * `38 only in the WAL, 12 staged, not uploaded`, largest place first; empty when nothing was lost. `lostRuns`: which ones those were
 * is said as well.
 */
export function lostAtInWords(lostAt: LostAt, lostRuns: readonly LostRun[] = []): string {
  return LOST_AT.filter(({ place }) => lostAt[place] > 0)
    .toSorted((a, b) => lostAt[b.place] - lostAt[a.place])
    .map(({ place, words }) => `${count(lostAt[place])} ${words}${numbers(place, lostRuns)}`)
    .join('; ');
}

/** A cell of a table has no room for more. */
const MOST_RUNS = 8;

function numbers(place: keyof LostAt, lostRuns: readonly LostRun[]): string {
  const runs = lostRuns.filter((run) => run.place === place);
  if (runs.length === 0) return '';
  const shown = runs
    .slice(0, MOST_RUNS)
    .map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
  const more = runs.length > MOST_RUNS ? `, and ${runs.length - MOST_RUNS} more runs` : '';
  return ` (write ${shown.join(', ')}${more})`;
}
