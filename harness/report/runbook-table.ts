import type { RunbookResult } from '../result.ts';
import { wrapped } from './format.ts';
import { runbookRows } from './runbook-rows.ts';
import { paint, printable } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'step', align: 'left' },
  { title: 'outcome', align: 'left' },
  { title: 'exit', align: 'right' },
  { title: 'asked', align: 'left' },
];
const REMARK =
  'The outside is fenced off: whoever is not the store was asked in vain. There is no RustBaas here: what step 5 would ' +
  'find was looked at in its stead.';

/** What became of the documented page on a console: a line a step, below it what was typed and the reason. */
export function runbookTable(runbook: RunbookResult, columns: number, colour: boolean): string[] {
  const rows = runbookRows(runbook);
  const facts = rows.map(({ step, outcome, exitCode, asked }) => [
    step,
    outcome,
    exitCode === null ? '–' : String(exitCode),
    printable(asked.join(', ')),
  ]);
  const [titles = '', ...lines] = table(COLUMNS, facts, (cell, row, column) => {
    if (row === -1) return paint(cell, 'dim', colour);
    return column === 1 ? paint(cell, rows[row]?.outcome === 'works' ? 'green' : 'red', colour) : cell;
  });
  const below = (text: string): string[] =>
    text === '' ? [] : wrapped(printable(text), columns - 4).map((line) => `    ${line}`);
  return [
    titles,
    ...lines.flatMap((line, index) => {
      const { command = '', more = 0, why = '' } = rows[index] ?? {};
      const further = more === 0 ? '' : `, and so for ${more} more`;
      return [line, ...below(`$ ${command}${further}`), ...below(why)];
    }),
    ...wrapped(REMARK, columns).map((line) => paint(line, 'dim', colour)),
  ];
}
