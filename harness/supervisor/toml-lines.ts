/**
 * The line of `[table] key` in a TOML text, for messages; the parser does not tell. Where the key stands in a form that
 * this does not know (inline table), the line of the table; failing that 1.
 */
export function lineOfKey(text: string, table: string, key: string | null): number {
  let current = '';
  let tableLine = 0;
  for (const [number, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*([^[\]]+?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) {
      current = unquote(header);
      if (current === table) tableLine ||= number + 1;
      continue;
    }
    const name = /^\s*([\w"'.-]+)\s*=/.exec(line)?.[1];
    if (name === undefined) continue;
    const full = current === '' ? unquote(name) : `${current}.${unquote(name)}`;
    const wanted = table === '' ? key : `${table}.${key}`;
    if (full === wanted || (key === null && full === table)) return number + 1;
    if (full === table) tableLine ||= number + 1;
  }
  return tableLine || 1;
}

function unquote(name: string): string {
  return name.replaceAll(/["']/g, '');
}
