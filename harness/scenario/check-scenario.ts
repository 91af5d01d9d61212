import { Document } from 'yaml';
import type { ZodError } from 'zod';
import { suggestion } from '../did-you-mean.ts';
import { contradictionsIn } from './contradictions.ts';
import { type Objective, parseObjective } from './metrics.ts';
import type { Path, Position } from './positions.ts';
import { problemsFrom } from './problems.ts';
import { type Scenario, scenarioSchema } from './schema.ts';

/** A mistake in a scenario file, where an editor can jump to it. */
export interface ScenarioProblem extends Position {
  readonly file: string;
  readonly message: string;
}

/** An objective with its line, so that reports and annotations can point at it. */
type LoadedObjective = Objective & { readonly line: number };

/** Checks that a scenario in TypeScript brings itself. */
export interface OwnChecks {
  /** The scenario's file: the checks are run from it, in a process of their own. */
  readonly module: string;
  readonly names: readonly string[];
  readonly timeoutMs: number;
  readonly sha256: string;
}

export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly file: string;
  readonly objectives: readonly LoadedObjective[];
  /** Absent: it brings none. */
  readonly ownChecks?: OwnChecks;
}

/** A file that was read: its scenario, or everything that is wrong with it. */
export type ReadScenario = { readonly file: string; readonly id: string | null } & (
  | { readonly loaded: LoadedScenario; readonly problems: readonly [] }
  | { readonly loaded: null; readonly problems: readonly ScenarioProblem[] }
);

export type Located = Position & { readonly message: string };

/** Where the parts of a scenario stand in its file. */
export interface Places {
  value(path: Path): Position;
  key(path: Path, key: string): Position;
}

/** Holds what a file says against the schema, and its fields against each other. All problems come back at once. */
export function checkScenario(
  raw: unknown,
  file: string,
  places: Places,
  ownChecks: OwnChecks | null = null,
): ReadScenario {
  const id = idOf(raw);
  const parsed = scenarioSchema.safeParse(raw);
  const problems = parsed.success
    ? [...contradictions(places, parsed.data, []), ...unknownOwnChecks(places, parsed.data, ownChecks)]
    : [...schemaProblems(places, parsed.error, raw), ...contradictionsDespite(places, parsed.error, raw)];
  if (!parsed.success || problems.length > 0) return broken(file, id, problems);
  const objectives = objectivesOf(places, parsed.data);
  const own = ownChecks === null ? {} : { ownChecks };
  return { file, id, loaded: { scenario: parsed.data, file, objectives, ...own }, problems: [] };
}

/** A file that cannot be used. */
export function broken(file: string, id: string | null, problems: readonly Located[]): ReadScenario {
  const sorted = problems
    .map((problem) => ({ file, ...problem }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { file, id, loaded: null, problems: sorted };
}

/** A problem of the whole file. */
export function atStart(message: string): Located {
  return { line: 1, column: 1, message };
}

function idOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  return typeof value.id === 'string' ? value.id : null;
}

function schemaProblems(places: Places, error: ZodError, raw: unknown): Located[] {
  return problemsFrom(error.issues, raw).map(({ path, key, message }) => ({
    ...(key === null ? places.value(path) : places.key(path, key)),
    message,
  }));
}

/**
 * The contradictions of a scenario that the schema refused: the refused fields are replaced by something valid, and
 * what is then said about those very fields is dropped. So one typo does not hide a misspelt metric.
 */
function contradictionsDespite(places: Places, error: ZodError, raw: unknown): Located[] {
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
  return parsed.success ? contradictions(places, parsed.data, refused) : [];
}

function contradictions(places: Places, scenario: Scenario, refused: readonly Path[]): Located[] {
  const isRefused = (field: Path): boolean => refused.some((path) => overlap(field, path));
  return contradictionsIn(scenario)
    .filter(({ fields }) => !fields.some(isRefused))
    .map((found) => ({ ...places.value(found.at), message: found.message }));
}

/** A check of its own that is to fail must be one that it brings. */
function unknownOwnChecks(places: Places, scenario: Scenario, ownChecks: OwnChecks | null): Located[] {
  const known = (ownChecks?.names ?? []).map((name) => `own:${name}`);
  const listed = [
    ...scenario.mustFail.map((id, index) => ({ id, at: ['mustFail', index] })),
    ...(scenario.matrix?.litestream ?? []).flatMap((cell, at) =>
      typeof cell === 'string'
        ? []
        : (cell.mustFail ?? []).map((id, index) => ({
            id,
            at: ['matrix', 'litestream', at, 'mustFail', index],
          })),
    ),
  ];
  return listed
    .filter(({ id }) => id.startsWith('own:') && !known.includes(id))
    .map(({ id, at }) => ({
      ...places.value(at),
      message: `the scenario has no check ${id.slice('own:'.length)} in verify${suggestion(id, known)}`,
    }));
}

/** Whether one path lies within the other. */
function overlap(a: Path, b: Path): boolean {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return shorter.every((part, index) => String(longer[index]) === String(part));
}

function objectivesOf(places: Places, scenario: Scenario): LoadedObjective[] {
  return scenario.objectives.flatMap((expression, index) => {
    const { objective } = parseObjective(expression);
    const { line } = places.value(['objectives', index]);
    return objective === null ? [] : [{ ...objective, line }];
  });
}
