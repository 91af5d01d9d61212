/** Text that is markup already. Only `markup` and `trusted` make it, so nothing gets into a page unescaped by accident. */
export interface Markup {
  readonly markup: string;
}

type Value = Markup | string | number | null | readonly Value[];

/** A tagged template: every value is escaped, once, unless it is markup itself; null is nothing, a list its parts. */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries()) text += rendered(value) + (parts[index + 1] ?? '');
  return { markup: text };
}

/** Our own text that needs no escaping: style sheets, path data. Never anything from outside. */
export function trusted(text: string): Markup {
  return { markup: text };
}

function rendered(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escaped(value);
  return 'markup' in value ? value.markup : value.map(rendered).join('');
}

/** Control and formatting characters become visible escapes: a name must not turn the page's text around. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
      return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
    })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
