import { Document, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ZodError } from 'zod';
import { contradictionsIn } from './contradictions.ts';
import { type Objective, parseObjective } from './metrics.ts';
import { atOffset, type Path, type Position, positionOf, positionOfKey } from './positions.ts';
import { problemsFrom } from './problems.ts';
import { type Scenario, scenarioSchema } from './schema.ts';

/** A mistake in a scenario file, where an editor can jump to it. */
export interface ScenarioProblem extends Position {
  readonly file: string;
  readonly message: string;
}

/** An objective with its line, so that reports and annotations can point at it. */
type LoadedObjective = Objective & { readonly line: number };

export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly file: string;
  readonly objectives: readonly LoadedObjective[];
}

/** A file that was read: its scenario, or everything that is wrong with it. */
export type ReadScenario = { readonly file: string; readonly id: string | null } & (
  | { readonly loaded: LoadedScenario; readonly problems: readonly [] }
  | { readonly loaded: null; readonly problems: readonly ScenarioProblem[] }
);

/** Longest scenario that is read; the parser keeps several times this in memory. */
const LARGEST_FILE_CHARACTERS = 1_000_000;
const MOST_ALIASES = 100;

/** Reads a scenario from its YAML text. All problems come back at once; nothing is thrown. */
export function readScenario(text: string, file: string): ReadScenario {
  if (text.length > LARGEST_FILE_CHARACTERS) return broken(file, null, [at('too large for a scenario')]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    ...atOffset(lines, error.pos[0]),
    message: oneLine(error.message),
  }));
  if (syntax.length > 0) return broken(file, null, syntax);
  const raw = plainValue(document);
  if ('problem' in raw) return broken(file, null, [at(raw.problem)]);
  const id = idOf(raw.value);
  const parsed = scenarioSchema.safeParse(raw.value);
  const problems = parsed.success
    ? contradictions(document, lines, parsed.data, [])
    : [
        ...schemaProblems(document, lines, parsed.error, raw.value),
        ...contradictionsDespite(document, lines, parsed.error, raw.value),
      ];
  if (!parsed.success || problems.length > 0) return broken(file, id, problems);
  const objectives = objectivesOf(document, lines, parsed.data);
  return { file, id, loaded: { scenario: parsed.data, file, objectives }, problems: [] };
}

type Located = Position & { readonly message: string };

function at(message: string): Located {
  return { line: 1, column: 1, message };
}

function broken(file: string, id: string | null, problems: readonly Located[]): ReadScenario {
  const sorted = problems
    .map((problem) => ({ file, ...problem }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { file, id, loaded: null, problems: sorted };
}

function plainValue(document: Document): { value: unknown } | { problem: string } {
  try {
    return { value: document.toJS({ maxAliasCount: MOST_ALIASES }) };
  } catch (error) {
    // Too many aliases: the parser's own guard against files that unfold without end.
    return { problem: oneLine(error instanceof Error ? error.message : String(error)) };
  }
}

function idOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' ? value.id : null;
}

function schemaProblems(document: Document, lines: LineCounter, error: ZodError, raw: unknown): Located[] {
  return problemsFrom(error.issues, raw).map(({ path, key, message }) => ({
    ...(key === null ? positionOf(document, lines, path) : positionOfKey(document, lines, path, key)),
    message,
  }));
}

/**
 * The contradictions of a scenario that the schema refused: the refused fields are replaced by something valid, and
 * what is then said about those very fields is dropped. So one typo does not hide a misspelt metric.
 */
function contradictionsDespite(
  document: Document,
  lines: LineCounter,
  error: ZodError,
  raw: unknown,
): Located[] {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return [];
  const refused: Path[] = error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
  });
  const patched = new Document(raw);
  for (const path of refused) {
    // An objective keeps its place in the list; anything else has a default.
    if (path[0] === 'objectives' && path.length === 2) patched.setIn(path, `rtoMs < 0.${String(path[1])}1`);
    else if (path.length > 0) patched.deleteIn(path);
  }
  const stand: readonly [Path, unknown][] = [
    [['id'], 'unnamed'],
    [['title'], 'unnamed'],
    [['tier'], 'smoke'],
    [['disaster', 'kind'], 'host-loss'],
    [['fleet', 'realms'], 1],
    [['objectives'], ['rtoMs < 1']],
  ];
  for (const [path, value] of stand) {
    const missing = patched.getIn(path) === undefined;
    if (!missing || (path[0] === 'disaster' && !patched.has('disaster'))) continue;
    patched.setIn(path, value);
    refused.push([...path]);
  }
  const parsed = scenarioSchema.safeParse(patched.toJS());
  return parsed.success ? contradictions(document, lines, parsed.data, refused) : [];
}

function contradictions(
  document: Document,
  lines: LineCounter,
  scenario: Scenario,
  refused: readonly Path[],
): Located[] {
  const isRefused = (field: Path): boolean => refused.some((path) => overlap(field, path));
  return contradictionsIn(scenario)
    .filter(({ fields }) => !fields.some(isRefused))
    .map((found) => ({ ...positionOf(document, lines, found.at), message: found.message }));
}

/** Whether one path lies within the other. */
function overlap(a: Path, b: Path): boolean {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return shorter.every((part, index) => String(longer[index]) === String(part));
}

function objectivesOf(document: Document, lines: LineCounter, scenario: Scenario): LoadedObjective[] {
  const list: unknown = document.get('objectives', true);
  return scenario.objectives.flatMap((expression, index) => {
    const { objective } = parseObjective(expression);
    const { line } = positionOf(document, lines, isSeq(list) ? ['objectives', index] : ['objectives']);
    return objective === null ? [] : [{ ...objective, line }];
  });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
