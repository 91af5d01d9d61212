import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suggestion } from '../did-you-mean.ts';
import { DrillError, messageOf } from '../errors.ts';
import { BUILT_IN_SCENARIOS_DIR, SCENARIOS_DIR } from '../project.ts';
import { type LoadedScenario, type ReadScenario, readScenario, type ScenarioProblem } from './load.ts';
import { readModule } from './load-module.ts';
import type { Scenario } from './schema.ts';

/** What the user asked for. Names are ids or files; an empty list with neither tier nor tag means every scenario. */
export interface Selection {
  readonly names: readonly string[];
  readonly tier: Scenario['tier'] | null;
  readonly tag: string | null;
  /** Ids of the chosen ones that are left out all the same. */
  readonly except?: readonly string[];
}

/**
 * The chosen scenarios, each once: in the order of their names, or by id. Throws a DrillError with exit code 2 and
 * every problem of every chosen file.
 */
export async function findScenarios(selection: Selection, directory: string): Promise<LoadedScenario[]> {
  const files = selection.names.length === 0 ? await readDirectory(directory) : [];
  for (const name of selection.names) {
    files.push(isFile(name) ? await readFile(name) : byId(name, await candidates(name, directory)));
  }
  const fitting = loadAll(files).filter(
    ({ scenario }) =>
      (selection.tier === null || scenario.tier === selection.tier) &&
      (selection.tag === null || scenario.tags.includes(selection.tag)),
  );
  const chosen = without(fitting, selection.except ?? []);
  if (chosen.length === 0) throw nothingChosen(selection, directory);
  return chosen.filter((one, index) => chosen.findIndex((other) => other.file === one.file) === index);
}

/** A name that leaves nothing out is a mistake: what was to stay away would be drilled. */
function without(chosen: readonly LoadedScenario[], except: readonly string[]): LoadedScenario[] {
  const known = chosen.map(({ scenario }) => scenario.id);
  const unknown = except.find((id) => !known.includes(id));
  if (unknown === undefined) return chosen.filter(({ scenario }) => !except.includes(scenario.id));
  throw new DrillError('DRILL_E_SCENARIO_UNKNOWN', {
    what: `--except=${unknown} leaves nothing out${suggestion(unknown, known)}`,
    why: `chosen are ${known.join(', ') || 'none'}`,
    fix: 'give the id of one of these, or leave --except away',
    exit: 2,
  });
}

/** Those of a directory; those that come with the drill as well, where it has none of that name. */
async function candidates(id: string, directory: string): Promise<ReadScenario[]> {
  const own = await readDirectory(directory);
  if (directory !== SCENARIOS_DIR || directory === BUILT_IN_SCENARIOS_DIR) return own;
  return own.some((file) => nameOf(file) === id)
    ? own
    : [...own, ...(await readDirectory(BUILT_IN_SCENARIOS_DIR))];
}

/** Every scenario file of a directory, by id; the broken ones with their problems. */
export async function readDirectory(directory: string): Promise<ReadScenario[]> {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    throw new DrillError('DRILL_E_SCENARIO_UNKNOWN', {
      what: `the scenarios folder ${directory} cannot be read`,
      why: messageOf(error),
      fix: 'run the drill from its own checkout',
      exit: 2,
      cause: error,
    });
  }
  const files = names.filter((name) => isScenarioFile(name) && !name.startsWith('.')).toSorted();
  const read = await Promise.all(files.map((name) => readFile(path.join(directory, name))));
  return read.toSorted((a, b) => (a.id ?? '').localeCompare(b.id ?? '', 'en'));
}

/** The scenarios of files that must all be valid. */
export function loadAll(files: readonly ReadScenario[]): LoadedScenario[] {
  const problems = problemsOf(files);
  if (problems.length > 0) throw invalid(problems);
  return files.flatMap(({ loaded }) => (loaded === null ? [] : [loaded]));
}

/** Everything that is wrong with these files, one by one and together. */
export function problemsOf(files: readonly ReadScenario[]): ScenarioProblem[] {
  return [...files.flatMap((file) => file.problems), ...namesakes(files)];
}

/** A scenario file by its path. */
export async function readFile(file: string): Promise<ReadScenario> {
  if (!isScenarioFile(file)) {
    throw new DrillError('DRILL_E_SCENARIO_UNKNOWN', {
      what: `${file} is not a scenario file`,
      why: 'scenarios are YAML files (.yaml, .yml), or modules (.ts, .mts, .js, .mjs) whose default export is defineScenario',
      fix: 'give the id of a scenario (npm run drill -- list) or the path of such a file',
      exit: 2,
    });
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DrillError('DRILL_E_SCENARIO_UNKNOWN', {
      what: `the scenario file ${file} cannot be read`,
      why: messageOf(error),
      fix: 'check the path, or give the id of a scenario: npm run drill -- list',
      exit: 2,
      cause: error,
    });
  }
  const relative = path.relative(process.cwd(), path.resolve(file));
  const shown = relative.startsWith('..') ? path.resolve(file) : relative;
  return YAML.test(file) ? readScenario(text, shown) : readModule(path.resolve(file), shown, text);
}

const YAML = /\.ya?ml$/;

/** Modules too, but neither declarations nor tests, which may lie beside them. */
function isScenarioFile(name: string): boolean {
  return YAML.test(name) || (/\.m?[jt]s$/.test(name) && !/\.(d|test|spec)\.m?ts$/.test(name));
}

function isFile(name: string): boolean {
  return /[/\\]|\.(ya?ml|[cm]?[jt]s|json)$/.test(name);
}

/** A broken file is found by its id too, or by its name when it has none: a typo must not make it vanish. */
function byId(id: string, files: readonly ReadScenario[]): ReadScenario {
  const found = files.find((file) => nameOf(file) === id);
  if (found !== undefined) return found;
  const known = files.map(nameOf);
  throw new DrillError('DRILL_E_SCENARIO_UNKNOWN', {
    what: `there is no scenario ${id}${suggestion(id, known)}`,
    why: `known are ${known.join(', ') || 'none'}`,
    fix: 'give one of these ids, or the path of a scenario file',
    exit: 2,
  });
}

function nameOf(file: ReadScenario): string {
  return file.id ?? path.parse(file.file).name;
}

function namesakes(files: readonly ReadScenario[]): ScenarioProblem[] {
  return files.flatMap(({ id, file }, index) => {
    const first = files.findIndex((other) => other.id === id && other.file !== file);
    if (id === null || first === -1 || first > index) return [];
    return [{ file, line: 1, column: 1, message: `the id ${id} is taken by ${files[first]?.file}` }];
  });
}

/** The error that lists them all. */
export function invalid(problems: readonly ScenarioProblem[]): DrillError {
  const files = new Set(problems.map(({ file }) => file));
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new DrillError('DRILL_E_SCENARIO_INVALID', {
    what: `${count} in ${[...files].join(', ')}`,
    details: problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`),
    why: 'a scenario that is not understood to the last field could pass for the wrong reason',
    fix: 'correct the lines above; scenarios/scenario.schema.json tells an editor every field',
    exit: 2,
  });
}

function nothingChosen({ names, tier, tag, except = [] }: Selection, directory: string): DrillError {
  const wanted = [
    ...names,
    ...(tier === null ? [] : [`tier ${tier}`]),
    ...(tag === null ? [] : [`tag ${tag}`]),
    ...(except.length === 0 ? [] : [`without ${except.join(', ')}`]),
  ];
  return new DrillError('DRILL_E_SCENARIO_UNKNOWN', {
    what: `no scenario in ${directory} fits ${wanted.join(', ') || 'at all'}`,
    why: 'a run of no drills proves nothing',
    fix: 'see what there is with: npm run drill -- list',
    exit: 2,
  });
}
