import type { Comparison, DrillComparison, Move } from '../compare/compare.ts';
import type { Spread } from '../compare/spread.ts';
import type { Page } from './console.ts';
import { count, duration } from './format.ts';
import { paint, printable, type Style } from './screen.ts';
import { type Column, table } from './table.ts';

/** A comparison for a terminal: what moved, by how much, and how far it may move without meaning anything. */
export function renderComparison(comparison: Comparison, page: Page): string {
  const { tolerance, drills, gaps, regressions } = comparison;
  const said = [
    ...regressions.map((text) => paint(`worse: ${printable(text)}`, 'red', page.colour)),
    ...gaps.map((text) => paint(`not compared: ${printable(text)}`, 'yellow', page.colour)),
  ];
  const verdict = regressions.length > 0 ? 'WORSE' : gaps.length > 0 ? 'NOT COMPARED IN FULL' : 'NO WORSE';
  const colour = regressions.length > 0 ? 'red' : gaps.length > 0 ? 'yellow' : 'green';
  return [
    ...drills.flatMap((drill) => [...renderDrill(drill, page), '']),
    ...said,
    `${paint(verdict, ['bold', colour], page.colour)}  tolerance ${count(tolerance * 100)} %`,
    '',
  ].join('\n');
}

const COLUMNS: readonly Column[] = [
  { title: 'figure', align: 'left' },
  { title: 'before', align: 'right' },
  { title: 'now', align: 'right' },
  { title: 'change', align: 'right' },
  { title: 'may move by', align: 'right' },
  { title: '', align: 'left' },
];

function renderDrill({ name, changed, verdict, moves }: DrillComparison, { colour }: Page): string[] {
  const rows = moves.map((move) => [
    move.figure.title,
    spread(move.before, move),
    spread(move.after, move),
    change(move),
    move.before === null || move.after === null ? '–' : value(move.allowance, move),
    MEANINGS[move.kind],
  ]);
  const lines = table(COLUMNS, rows, (cell, row, column) => {
    if (row === -1) return paint(cell, 'dim', colour);
    const style = STYLES[moves[row]?.kind ?? 'steady'];
    return column === 5 && style !== null ? paint(cell, style, colour) : cell;
  });
  return [
    `${paint(printable(name), 'bold', colour)}  ${verdict.before} → ${verdict.after}`,
    ...(changed === null ? [] : [`  ${printable(changed)}`]),
    ...(moves.length === 0 ? [] : lines.map((line) => `  ${line}`)),
  ];
}

const MEANINGS = {
  regression: 'worse',
  improvement: 'better',
  steady: '',
  unmeasured: 'no longer measured',
} as const satisfies Record<Move['kind'], string>;

const STYLES = {
  regression: 'red',
  improvement: 'green',
  steady: null,
  unmeasured: 'yellow',
} as const satisfies Record<Move['kind'], Style | null>;

/** `4.2 s ±0.3 s of 5`: median, median distance from it, number of drills. */
function spread(found: Spread | null, move: Move): string {
  if (found === null) return '–';
  const middle = value(found.median, move);
  return found.count < 2 ? middle : `${middle} ±${value(found.deviation, move)} of ${found.count}`;
}

function value(number: number, { figure }: Move): string {
  return figure.unit === 'ms' ? duration(number) : count(number);
}

function change({ before, after }: Move): string {
  if (before === null || after === null || before.median === 0) return '–';
  const percent = ((after.median - before.median) / before.median) * 100;
  return `${percent > 0 ? '+' : ''}${percent.toFixed(0)} %`;
}
