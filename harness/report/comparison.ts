import type { ScenarioResult } from '../result.ts';
import { count, duration } from './format.ts';
import { verdictColour } from './fleet-table.ts';
import { paint, printable } from './screen.ts';
import { litestreamInWords } from './subject.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'scenario', align: 'left' },
  { title: 'Litestream', align: 'left' },
  { title: 'store', align: 'left' },
  { title: 'expected', align: 'left' },
  { title: 'verdict', align: 'left' },
  { title: 'RPO max', align: 'right' },
  { title: 'RTO', align: 'right' },
  { title: 'lost', align: 'right' },
  { title: 'acknowledged', align: 'right' },
];

/** The drills of a run side by side, in the order in which they ran. */
export function comparisonTable(drills: readonly ScenarioResult[], colour: boolean): string[] {
  const rows = drills.map(({ drillId, subject, store, expect, verdict, measurements }) => [
    printable(drillId),
    printable(litestreamInWords(subject)),
    store.kind,
    expect === 'fail' ? 'red' : 'green',
    verdict,
    duration(measurements.rpoMs?.max ?? null),
    duration(measurements.rtoMs),
    count(measurements.lostWrites),
    count(measurements.acknowledgedWrites),
  ]);
  return table(COLUMNS, rows, (cell, row, column) => {
    if (row === -1) return paint(cell, 'dim', colour);
    return column === 4 ? paint(cell, verdictColour(drills[row]?.verdict ?? 'inconclusive'), colour) : cell;
  });
}
