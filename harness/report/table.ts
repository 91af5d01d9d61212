import { charactersOf } from './format.ts';

/** One column of a table on the console. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Rows of plain text as aligned lines, the titles first. `decorate` may colour a finished cell. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  decorate: (cell: string, row: number, column: number) => string = (cell) => cell,
): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, index) =>
    [titles, ...rows].reduce((widest, row) => Math.max(widest, width(row[index] ?? '')), 0),
  );
  return [titles, ...rows].map((row, rowIndex) => {
    const cells = columns.map(({ align }, index) => {
      const cell = row[index] ?? '';
      const padding = ' '.repeat((widths[index] ?? 0) - width(cell));
      const padded = align === 'left' ? cell + padding : padding + cell;
      // -1: the titles.
      return decorate(padded, rowIndex - 1, index);
    });
    return cells.join('  ').trimEnd();
  });
}

function width(text: string): number {
  return charactersOf(text).length;
}
