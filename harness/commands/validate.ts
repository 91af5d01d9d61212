import path from 'node:path';
import { SCENARIOS_DIR } from '../project.ts';
import { invalid, problemsOf, readDirectory, readFile } from '../scenario/registry.ts';
import type { Io } from './options.ts';

/** `drill validate`: reads the given files, or all, and starts nothing. Every problem of every file is told. */
export async function validateCommand(
  files: readonly string[],
  { json }: { readonly json: boolean },
  io: Io,
): Promise<number> {
  const read =
    files.length === 0
      ? await readDirectory(SCENARIOS_DIR)
      : await Promise.all(files.map((file) => readFile(path.resolve(file))));
  const problems = problemsOf(read);
  const scenarios = read.flatMap(({ loaded }) => (loaded === null ? [] : [loaded.scenario.id]));
  if (json) {
    const document = { valid: problems.length === 0, scenarios, problems };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return problems.length === 0 ? 0 : 2;
  }
  if (problems.length > 0) throw invalid(problems);
  io.stdout.write(`valid: ${scenarios.join(', ')}\n`);
  return 0;
}
