import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { DURATION, DURATION_FORM, durationMs } from '../duration.ts';
import { messageOf } from '../errors.ts';
import {
  atStart,
  broken,
  checkScenario,
  type Located,
  type OwnChecks,
  type Places,
  type ReadScenario,
} from './check-scenario.ts';
import { type DefinedScenario, isDefined, ownChecksOf } from './define.ts';
import { placesInSource } from './source-places.ts';

const TIMEOUT = '60s';

/** Reads a scenario from the default export of a module. `text`: its source, to find the lines in. */
export async function readModule(path: string, file: string, text: string): Promise<ReadScenario> {
  const found = await defaultExport(path);
  if ('problem' in found) return broken(file, null, [atStart(found.problem)]);
  const places = placesInSource(text);
  const { verify: _, verifyTimeout = TIMEOUT, ...raw } = found.defined.definition;
  const problems = ownProblems(found.defined, places);
  if (problems.length > 0) {
    const rest = checkScenario(raw, file, places);
    return broken(file, rest.id, [...problems, ...rest.problems]);
  }
  const names = [...ownChecksOf(found.defined.definition).keys()];
  const own: OwnChecks = {
    module: path,
    names,
    timeoutMs: durationMs(verifyTimeout),
    sha256: createHash('sha256').update(text).digest('hex'),
  };
  return checkScenario(raw, file, places, names.length === 0 ? null : own);
}

/** What a scenario file exports. Its top level runs here, as it does in any module that is imported. */
export async function defaultExport(
  path: string,
): Promise<{ readonly defined: DefinedScenario } | { readonly problem: string }> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as typeof module;
  } catch (error) {
    return { problem: `the module cannot be loaded: ${messageOf(error).replaceAll(/\s+/g, ' ')}` };
  }
  if (isDefined(module.default)) return { defined: module.default };
  return { problem: 'the default export is no scenario: export default defineScenario({ … })' };
}

/** Mistakes in what a YAML file cannot say. */
function ownProblems({ definition }: DefinedScenario, places: Places): Located[] {
  const { verify, verifyTimeout } = definition as { verify?: unknown; verifyTimeout?: unknown };
  const problems: Located[] = [];
  const isLimit =
    typeof verifyTimeout === 'string' && DURATION.test(verifyTimeout) && durationMs(verifyTimeout) > 0;
  if (verifyTimeout !== undefined && !isLimit) {
    problems.push({ ...places.value(['verifyTimeout']), message: `verifyTimeout: ${DURATION_FORM}` });
  }
  if (verify === undefined || typeof verify === 'function') return problems;
  if (typeof verify !== 'object' || verify === null || Object.keys(verify).length === 0) {
    const message = 'verify: expected a function, or functions by name';
    return [...problems, { ...places.value(['verify']), message }];
  }
  for (const [name, check] of Object.entries(verify)) {
    const at = places.key(['verify'], name);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
      const message = `verify: "${name}" is no name of a check: lower case words with hyphens, like orders-add-up`;
      problems.push({ ...at, message });
    } else if (typeof check !== 'function') {
      problems.push({ ...at, message: `verify.${name}: expected a function` });
    }
  }
  return problems;
}
