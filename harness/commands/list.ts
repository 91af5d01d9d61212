import path from 'node:path';
import { SCENARIOS_DIR } from '../project.ts';
import { printable } from '../report/screen.ts';
import { table } from '../report/table.ts';
import { findScenarios, loadAll, readDirectory, readFile } from '../scenario/registry.ts';
import type { Io } from './options.ts';

/** `drill list`: the scenarios that there are. */
export function listCommand({ json }: { readonly json: boolean }, io: Io): number {
  const scenarios = findScenarios({ names: [], tier: null, tag: null }, SCENARIOS_DIR).map(
    ({ scenario, file }) => ({
      id: scenario.id,
      title: scenario.title,
      tier: scenario.tier,
      tags: scenario.tags,
      file,
    }),
  );
  if (json) {
    io.stdout.write(`${JSON.stringify({ scenarios }, null, 2)}\n`);
    return 0;
  }
  const columns = (['scenario', 'tier', 'what it does'] as const).map((title) => ({
    title,
    align: 'left' as const,
  }));
  const rows = scenarios.map(({ id, tier, title }) => [id, tier, printable(title)]);
  io.stdout.write(`${table(columns, rows).join('\n')}\n`);
  return 0;
}

/** `drill validate`: reads the given files, or all, and starts nothing. */
export function validateCommand(
  files: readonly string[],
  { json }: { readonly json: boolean },
  io: Io,
): number {
  const read =
    files.length === 0 ? readDirectory(SCENARIOS_DIR) : files.map((file) => readFile(path.resolve(file)));
  const ids = loadAll(read).map(({ scenario }) => scenario.id);
  if (json) io.stdout.write(`${JSON.stringify({ valid: true, scenarios: ids }, null, 2)}\n`);
  else io.stdout.write(`valid: ${ids.join(', ')}\n`);
  return 0;
}
