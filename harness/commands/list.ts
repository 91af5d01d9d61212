import type { HistoryEntry } from '../history/entry.ts';
import { historyFile, readHistory } from '../history/history-file.ts';
import { SCENARIOS_DIR } from '../project.ts';
import { duration } from '../report/format.ts';
import { printable } from '../report/screen.ts';
import { table } from '../report/table.ts';
import { findScenarios } from '../scenario/registry.ts';
import type { Io } from './options.ts';

/** `drill list`: the scenarios that there are, and how they went last according to the history. */
export async function listCommand(
  { json, outputDir }: { readonly json: boolean; readonly outputDir: string },
  io: Io,
): Promise<number> {
  const { entries } = readHistory(historyFile(outputDir));
  const found = await findScenarios({ names: [], tier: null, tag: null }, SCENARIOS_DIR);
  const scenarios = found.map(({ scenario, file }) => ({
    id: scenario.id,
    title: scenario.title,
    tier: scenario.tier,
    tags: scenario.tags,
    file,
    last: lastDrill(entries, scenario.id),
  }));
  if (json) {
    io.stdout.write(`${JSON.stringify({ scenarios }, null, 2)}\n`);
    return 0;
  }
  const columns = [
    ...['scenario', 'tier', 'last'].map((title) => ({ title, align: 'left' as const })),
    { title: 'took', align: 'right' as const },
    { title: 'what it does', align: 'left' as const },
  ];
  const rows = scenarios.map(({ id, tier, last, title }) => [
    id,
    tier,
    last?.verdict ?? '–',
    duration(last?.durationMs ?? null),
    printable(title),
  ]);
  io.stdout.write(`${table(columns, rows).join('\n')}\n`);
  return 0;
}

/** The worst of its drills in the last run that had any, and the longest. */
function lastDrill(entries: readonly HistoryEntry[], scenario: string) {
  const own = entries.filter((entry) => entry.scenario === scenario);
  const last = own.at(-1);
  if (last === undefined) return null;
  const { runId, startedAt } = last;
  const run = own.filter((entry) => entry.runId === runId);
  const order = ['fail', 'inconclusive', 'pass'] as const;
  const verdict = order.find((wanted) => run.some((entry) => entry.verdict === wanted));
  return { verdict, durationMs: Math.max(...run.map((entry) => entry.durationMs)), runId, startedAt };
}
