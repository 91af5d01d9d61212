import path from 'node:path';
import { SCENARIOS_DIR } from '../project.ts';
import { DrillError } from '../errors.ts';
import { atStart, broken, type ReadScenario } from '../scenario/check-scenario.ts';
import { invalid, problemsOf, readDirectory, readFile } from '../scenario/registry.ts';
import { redactedValue, secretsOf } from '../secrets.ts';
import type { Io } from './options.ts';

/** `drill validate`: reads the given files, or all, and starts nothing. Every problem of every file is told. */
export async function validateCommand(
  files: readonly string[],
  { json }: { readonly json: boolean },
  io: Io,
): Promise<number> {
  const read =
    files.length === 0 ? await readDirectory(SCENARIOS_DIR) : await Promise.all(files.map(readOrTell));
  const problems = problemsOf(read);
  const scenarios = read.flatMap(({ loaded }) => (loaded === null ? [] : [loaded.scenario.id]));
  if (json) {
    // A problem quotes the value that it is about.
    const told = redactedValue(problems, secretsOf(io.env));
    const document = { valid: problems.length === 0, scenarios, problems: told };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return problems.length === 0 ? 0 : 2;
  }
  if (problems.length > 0) throw invalid(problems);
  io.stdout.write(`valid: ${scenarios.join(', ')}\n`);
  return 0;
}

/** A file that cannot be read is a problem like any other: those of the other files must not be lost over it. */
async function readOrTell(file: string): Promise<ReadScenario> {
  try {
    return await readFile(path.resolve(file));
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    return broken(file, null, [atStart(`${error.what}: ${error.why}`)]);
  }
}
