import type { Places } from './check-scenario.ts';
import type { Path, Position } from './positions.ts';

/**
 * Where the parts of a scenario stand in a module, told by its text: each key of the path is looked for behind the one
 * before it, and a text by itself. A scenario that is put together by code may not have them; then the last key that
 * was found, or the first line, is what there is to show.
 */
export function placesInSource(text: string): Places {
  const place = (path: Path): Position => position(text, offsetOf(text, path));
  return { value: place, key: (path, key) => place([...path, key]) };
}

function offsetOf(text: string, path: Path): number {
  let offset = Math.max(0, text.indexOf('defineScenario('));
  for (const part of path) {
    const from = offset;
    if (typeof part === 'number') offset = nthElement(text, from, part);
    else {
      const key = new RegExp(
        String.raw`(?<![\w$.-])(['"]?)${part.replaceAll(/\W/g, String.raw`\$&`)}\1\s*[:(]`,
      ).exec(text.slice(from));
      if (key === null) return offset;
      offset = from + key.index;
    }
  }
  return offset;
}

const LONGEST_COMMENT = 2000;

/** The element of a list that is written out: behind that many commas outside of quotes, brackets and comments. */
function nthElement(text: string, from: number, index: number): number {
  const open = text.indexOf('[', from);
  if (open === -1) return from;
  let [depth, seen, quote] = [0, 0, ''];
  for (let at = open + 1; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote !== '') {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
      continue;
    }
    const comment = /^(?:\/\/.*|\/\*[^]*?\*\/)/.exec(text.slice(at, at + LONGEST_COMMENT));
    if (comment !== null) {
      at += comment[0].length - 1;
      continue;
    }
    if (seen === index && !/[\s,]/.test(character)) return at;
    if (/['"`]/.test(character)) quote = character;
    else if (/[[{(]/.test(character)) depth++;
    else if (/[\]})]/.test(character)) {
      if (depth-- === 0) return from;
    } else if (character === ',' && depth === 0) seen++;
  }
  return from;
}

function position(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
