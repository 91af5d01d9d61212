import { type Document, isSeq, LineCounter, parseDocument } from 'yaml';
import { atStart, broken, checkScenario, type Places, type ReadScenario } from './check-scenario.ts';
import { atOffset, positionOf, positionOfKey } from './positions.ts';

export type { LoadedScenario, ReadScenario, ScenarioProblem } from './check-scenario.ts';

/** Longest scenario that is read; the parser keeps several times this in memory. */
const LARGEST_FILE_CHARACTERS = 1_000_000;
const MOST_ALIASES = 100;

/** Reads a scenario from its YAML text. All problems come back at once; nothing is thrown. */
export function readScenario(text: string, file: string): ReadScenario {
  if (text.length > LARGEST_FILE_CHARACTERS) return broken(file, null, [atStart('too large for a scenario')]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    ...atOffset(lines, error.pos[0]),
    message: oneLine(error.message),
  }));
  if (syntax.length > 0) return broken(file, null, syntax);
  const raw = plainValue(document);
  if ('problem' in raw) return broken(file, null, [atStart(raw.problem)]);
  return checkScenario(raw.value, file, placesIn(document, lines));
}

function placesIn(document: Document, lines: LineCounter): Places {
  return {
    value: (path) => {
      // Objectives that are an alias stand where the alias does.
      const isAlias = path[0] === 'objectives' && !isSeq(document.get('objectives', true));
      return positionOf(document, lines, isAlias ? ['objectives'] : path);
    },
    key: (path, key) => positionOfKey(document, lines, path, key),
  };
}

function plainValue(document: Document): { value: unknown } | { problem: string } {
  try {
    return { value: document.toJS({ maxAliasCount: MOST_ALIASES }) };
  } catch (error) {
    // Too many aliases: the parser's own guard against files that unfold without end.
    return { problem: oneLine(error instanceof Error ? error.message : String(error)) };
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
