import { join } from 'node:path';
import { evidenceSchema } from '../evidence.ts';
import { evidenceWith } from '../judge/green-evidence.ts';
import { judge } from '../judge/judge.ts';
import { type PlantedEvidence, RIG_FAULTS, SUBJECT_FAULTS } from '../judge/planted-evidence.ts';
import { SCENARIOS_DIR } from '../project.ts';
import type { ScenarioResult } from '../result.ts';
import { type LitestreamSabotage, SABOTAGES } from '../sabotaged-litestream.ts';
import { type Expectation, expectationOf } from '../scenario/expectation.ts';
import { parseMustCount } from '../scenario/must-count.ts';
import { loadAll, readDirectory } from '../scenario/registry.ts';
import { FAULT_GROUPS } from '../verify/sabotage/all-faults.ts';
import { row, tableHead } from './markdown-row.ts';

/** Where the table lies that `npm run docs:faults` makes. */
export const PLANTED_FAULTS = join(SCENARIOS_DIR, '..', 'docs', 'planted-faults.md');

const FOUND = tableHead('fault', 'caught by', 'figures');

/** Everything that is planted, as a page; `rowsOf` gives the lines of a group that is planted in restored files. */
export function plantedFaults(rowsOf: (title: string) => readonly string[]): string {
  const groups = FAULT_GROUPS.map(({ title }) => `### ${title}\n\n${FOUND}\n${rowsOf(title).join('\n')}`);
  return `# Planted faults, and what catches them

Made by \`npm run docs:faults\` from the suites that prove it; a test fails when this page and a suite differ. In each case one thing is
wrong in a drill that is otherwise good. The check that is named must fail, on the database and with the figure that is given, and no other;
of a scenario that must go red others may, as what follows from it.

**${faultCount()} kinds**: ${kinds(FAULT_GROUPS.flatMap(({ faults }) => faults))} in restored files, ${kinds(SUBJECT_FAULTS)} in what a subject does, ${kinds(RIG_FAULTS)} in the rig, ${Object.keys(SABOTAGES).length} in Litestream itself,
${controls().length} scenarios that must go red.

## In restored files

[The suite](../harness/verify/sabotage/faults.test.ts) seeds a fleet, writes to it, lays out what an honest restore gives, and plants. Beside it
[one property](../harness/verify/sabotage/damaged-fleet.test.ts) damages a fleet at random, with any of these together, and never gets a pass, and
[another](../harness/verify/sabotage/legal-history.test.ts) makes random histories that are no fault of anybody, and never gets a failure.

${groups.join('\n\n')}

What is left in pages that SQLite does not use (rows that were deleted, a page of the free list) is no fault: a sound copy of the
database has it too.

## In what the subject does

Planted in [the evidence](../harness/judge/planted-evidence.ts) of a good drill of three databases.

${judgedTable(SUBJECT_FAULTS)}

## In the rig

The same. None of these may be a pass, and none may blame the subject.

${judgedTable(RIG_FAULTS)}

## In Litestream itself

A wrapper does [one thing wrong](../harness/sabotaged-litestream.ts) around the real program, in [whole drills](../harness/lying-litestream.drill.test.ts).

${tableHead('fault', 'caught by', 'figures')}
${Object.entries(SABOTAGES).map(sabotageRow).join('\n')}

## In scenarios

Negative controls: each is green only when the named checks are red, and the objectives that are named broken or kept. A fault that its
scenario declares must be seen to take effect, else the drill is inconclusive. A known-bad build has its fault in itself: there the figures
that must be kept say that Litestream did work.

${tableHead('scenario', 'Litestream', 'tier', 'caught by', 'fault')}
${controls().join('\n')}
`;
}

/** How many kinds of fault are planted in all. */
export function faultCount(): number {
  const inFiles = FAULT_GROUPS.reduce((sum, { faults }) => sum + faults.length, 0);
  return (
    inFiles + SUBJECT_FAULTS.length + RIG_FAULTS.length + Object.keys(SABOTAGES).length + controls().length
  );
}

/** What the judge makes of a good drill with this in it. */
export function judgePlanted({ plant }: PlantedEvidence): ScenarioResult {
  return judge(evidenceSchema.parse(evidenceWith(plant)));
}

function judgedTable(faults: readonly PlantedEvidence[]): string {
  const rows = faults.map((fault) => {
    const { verdict, reason, checks } = judgePlanted(fault);
    const failed = checks.filter((check) => check.verdict === 'fail');
    const figures = failed.map(
      ({ id, count, actual }) => `${id}${count === undefined ? '' : ` ${count}`}: ${actual}`,
    );
    return row(
      fault.name,
      verdict,
      fault.failureClass,
      [reason, ...(verdict === 'fail' ? figures : [])].join('; '),
    );
  });
  return [tableHead('fault', 'verdict', 'whose', 'reason and figures'), ...rows].join('\n');
}

function sabotageRow([name, { does, finds }]: [string, (typeof SABOTAGES)[LitestreamSabotage]]): string {
  const figures = Object.entries(finds).map(([check, count]) =>
    count === 'varies' ? `${check}, how often depends on the moment` : `${check} ${count}`,
  );
  return row(`${does} (\`${name}\`)`, Object.keys(finds).join(', '), figures.join('; '));
}

const SCENARIOS = loadAll(await readDirectory(SCENARIOS_DIR));

/** A line for each control, and for each version that is one in its scenario. */
function controls(): string[] {
  return SCENARIOS.flatMap(({ scenario }) => {
    const { id, tier, title, matrix } = scenario;
    const cells = (matrix?.litestream ?? []).map((cell) =>
      typeof cell === 'string' ? { version: cell } : cell,
    );
    const all = cells.length === 0 ? [{}] : cells;
    const lines = all.flatMap((cell: (typeof cells)[number] | Record<string, never>) => {
      const expectation = expectationOf(scenario, cell);
      return expectation.expect === 'fail'
        ? [{ version: cell.version ?? 'any', by: caughtBy(expectation) }]
        : [];
    });
    const versionsBy = Map.groupBy(lines, ({ by }) => by);
    return [...versionsBy].map(([by, own]) =>
      row(`[${id}](../scenarios/${id}.yaml)`, own.map(({ version }) => version).join(', '), tier, by, title),
    );
  });
}

/** The checks with their counts, the objectives that must be broken, and those that must be kept all the same. */
function caughtBy({ mustFail, mustCount, mustBreak, mustHold }: Expectation): string {
  const code = (expression: string): string => `\`${expression}\``;
  const counts = new Map(mustCount.map((text) => [parseMustCount(text)?.check, parseMustCount(text)?.count]));
  return [
    ...mustFail.map((id) => (counts.has(id) ? `${id} ${counts.get(id)}` : id)),
    ...mustBreak.map((expression) => `${code(expression)} broken`),
    ...mustHold.map((expression) => `${code(expression)} kept`),
  ].join(', ');
}

function kinds(faults: readonly unknown[]): number {
  return faults.length;
}
