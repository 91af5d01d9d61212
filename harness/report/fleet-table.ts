import type { DatabaseResult, ScenarioResult } from '../result.ts';
import { count, counted, duration, shortened } from './format.ts';
import { paint, printable } from './screen.ts';
import { type Column, table } from './table.ts';

const MOST_ROWS = 10;

const COLUMNS: readonly Column[] = [
  { title: 'database', align: 'left' },
  { title: 'verdict', align: 'left' },
  { title: 'rows', align: 'right' },
  { title: 'writes', align: 'right' },
  { title: 'lost', align: 'right' },
  { title: 'RPO', align: 'right' },
  { title: 'restore', align: 'right' },
  { title: 'verify', align: 'right' },
];
const NARROWEST_PATH = 16;

/** The worst databases by name, the rest in one line. */
export function fleetTable({ databases }: ScenarioResult, columns: number, colour: boolean): string[] {
  const sorted = databases.toSorted(worstFirst);
  const named = sorted.slice(0, MOST_ROWS);
  const figures = named.map((database) => [
    database.verdict,
    database.rowsRestored === database.rowsExpected
      ? count(database.rowsRestored)
      : `${count(database.rowsRestored)}/${count(database.rowsExpected)}`,
    count(database.acknowledged),
    count(database.lostWrites),
    duration(database.rpoMs),
    duration(database.restoreMs),
    duration(database.verifyMs),
  ]);
  const beside = table(COLUMNS.slice(1), figures).reduce((most, line) => Math.max(most, line.length), 0);
  const pathWidth = Math.max(NARROWEST_PATH, columns - beside - 2);
  const rows = named.map(({ path }, index) => [
    shortened(printable(path), pathWidth),
    ...(figures[index] ?? []),
  ]);
  const lines = table(COLUMNS, rows, (cell, row, column) => {
    if (row === -1) return paint(cell, 'dim', colour);
    return column === 1 ? paint(cell, verdictColour(named[row]?.verdict ?? 'inconclusive'), colour) : cell;
  });
  return [...lines, ...restLine(sorted.slice(MOST_ROWS))];
}

/** Green, red or yellow: always beside the word, never instead of it. */
export function verdictColour(verdict: ScenarioResult['verdict']): 'green' | 'red' | 'yellow' {
  return ({ pass: 'green', fail: 'red', inconclusive: 'yellow' } as const)[verdict];
}

const RANK = { fail: 0, inconclusive: 1, pass: 2 } as const;

/** What somebody has to look at first: by verdict, then by what was lost, then by what took long. */
export function worstFirst(a: DatabaseResult, b: DatabaseResult): number {
  return (
    RANK[a.verdict] - RANK[b.verdict] ||
    (b.rpoMs ?? 0) - (a.rpoMs ?? 0) ||
    b.lostWrites - a.lostWrites ||
    (b.restoreMs ?? 0) - (a.restoreMs ?? 0) ||
    (a.path < b.path ? -1 : 1)
  );
}

function restLine(rest: readonly DatabaseResult[]): string[] {
  if (rest.length === 0) return [];
  const most = (figure: 'rpoMs' | 'restoreMs' | 'verifyMs'): string =>
    duration(rest.reduce((worst, database) => Math.max(worst, database[figure] ?? 0), 0));
  const verdicts = (['fail', 'inconclusive', 'pass'] as const).flatMap((verdict) => {
    const own = rest.filter((database) => database.verdict === verdict).length;
    return own === 0 ? [] : [`${count(own)} ${verdict}`];
  });
  const lost = rest.reduce((sum, database) => sum + database.lostWrites, 0);
  const rows = rest.reduce((sum, database) => sum + database.rowsRestored, 0);
  return [
    `and ${counted(rest.length, 'more database')}: ${verdicts.join(', ')}; ${counted(rows, 'row')}, ` +
      `${count(lost)} lost, RPO at most ${most('rpoMs')}, restore ${most('restoreMs')}, verify ${most('verifyMs')}`,
  ];
}
