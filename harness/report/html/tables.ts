import type { Verdict } from '../../result.ts';
import { type Markup, markup } from './markup.ts';

/** Verdict in words and shape: round for pass, square for fail, dashed for inconclusive. */
export function verdictMark(verdict: Verdict): Markup {
  return markup`<span class="verdict ${verdict}">${verdict}</span>`;
}

/** A chart and, folded, the same as a table. */
export function withTable(caption: string | Markup, chart: Markup, table: Markup): Markup {
  return markup`<figure><figcaption>${caption}</figcaption>${chart}<details><summary>as a table</summary>${table}</details></figure>`;
}

/** Plain text cells; what looks like a figure is aligned as one. Too wide a table scrolls by itself, and not the page. */
export function simpleTable(
  titles: readonly string[],
  rows: readonly (readonly (string | Markup)[])[],
): Markup {
  const isFigure = (cell: string | Markup | undefined): boolean =>
    typeof cell === 'string' && /^(–|[\d.,]+( ?(ms|s|min|[kMGT]?B))?)$/.test(cell);
  const figures = titles.map((_, column) => rows.length > 0 && rows.every((row) => isFigure(row[column])));
  const kind = (column: number): Markup | null => (figures[column] === true ? markup` class="number"` : null);
  return markup`<div class="scroll"><table><thead><tr>${titles.map((title, column) => markup`<th${kind(column)}>${title}</th>`)}</tr></thead><tbody>${rows.map(
    (row) => markup`<tr>${row.map((cell, column) => markup`<td${kind(column)}>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}
