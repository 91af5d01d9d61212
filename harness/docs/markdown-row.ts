/** One row of a Markdown table; what a cell holds cannot end it. */
export function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

/** The head of a Markdown table. */
export function tableHead(...heads: readonly string[]): string {
  return `${row(...heads)}\n|${heads.map(() => '---|').join('')}`;
}
