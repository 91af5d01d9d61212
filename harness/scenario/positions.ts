import { isMap, isNode, isScalar, type Document, type LineCounter, type Node, type Pair } from 'yaml';

/** Where something stands in a scenario file, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Path = readonly (string | number)[];

/** The value at `path`; where there is none (a missing key) the nearest value around it. */
export function positionOf(document: Document, lines: LineCounter, path: Path): Position {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return at(lines, node);
  }
  return { line: 1, column: 1 };
}

/** The key itself, not its value: for a key that should not be there. */
export function positionOfKey(document: Document, lines: LineCounter, path: Path, key: string): Position {
  const map: unknown = document.getIn(path, true);
  if (!isMap(map)) return positionOf(document, lines, path);
  const pair = map.items.find((item: Pair) => isScalar(item.key) && String(item.key.value) === key);
  return isNode(pair?.key) ? at(lines, pair.key) : positionOf(document, lines, path);
}

function at(lines: LineCounter, node: Node): Position {
  return atOffset(lines, node.range?.[0] ?? 0);
}

/** The position of a character offset. */
export function atOffset(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
