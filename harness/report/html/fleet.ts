import type { DatabaseResult, ScenarioResult } from '../../result.ts';
import { worstFirst } from '../fleet-table.ts';
import { count, duration } from '../format.ts';
import { lostAtInWords } from '../lost-at.ts';
import { anchorOf, databaseAnchor } from './anchors.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { verdictMark } from './tables.ts';

/**
 * Every database, worst first, in a table that can be sorted without a script: radio buttons choose which of the ranks
 * that each row carries is its place. Rows of a `<table>` have no such order, so it is a grid, and a table by its roles.
 */
export function fleetTable(drill: ScenarioResult): Markup {
  const name = anchorOf(drill);
  const worst = drill.databases.toSorted(worstFirst);
  const ranks = {
    path: ranksBy(worst, (a, b) => (a.path < b.path ? -1 : 1)),
    lost: ranksBy(worst, (a, b) => b.lostWrites - a.lostWrites),
    restore: ranksBy(worst, (a, b) => (b.restoreMs ?? -1) - (a.restoreMs ?? -1)),
  };
  const rows = worst.map((database) => {
    const style = `--path:${ranks.path.get(database)};--lost-rank:${ranks.lost.get(database)};--restore-rank:${ranks.restore.get(database)}`;
    return markup`<div id="${databaseAnchor(drill, database.path)}" role="row" style="${trusted(style)}">${cell(markup`<code>${database.path}</code>`)}${cell(verdictMark(database.verdict))}${figures(database)}${cell(why(database))}</div>`;
  });
  return markup`<p class="sorts">sorted by
<label><input type="radio" name="${name}-sort" checked> what is worst</label>
<label><input type="radio" name="${name}-sort" class="by-path"> path</label>
<label><input type="radio" name="${name}-sort" class="by-lost"> lost writes</label>
<label><input type="radio" name="${name}-sort" class="by-restore"> time of its restore</label></p>
<div class="scroll"><div class="fleet" role="table" aria-label="Databases of ${drill.drillId}"><div class="head" role="row">${TITLES.map(title)}</div>${rows}</div></div>`;
}

/** Of every column, and whether there are figures in it. */
const TITLES = [
  ['database', false],
  ['verdict', false],
  ['rows', true],
  ['writes', true],
  ['lost', true],
  ['RPO', true],
  ['restore', true],
  ['verify', true],
  ['what was found', false],
] as const;

function title([name, isFigure]: (typeof TITLES)[number]): Markup {
  return markup`<span role="columnheader"${isFigure ? markup` class="number"` : null}>${name}</span>`;
}

function cell(content: Markup | string): Markup {
  return markup`<span role="cell">${content}</span>`;
}

function figures(database: DatabaseResult): Markup {
  const rows =
    database.rowsRestored === database.rowsExpected
      ? count(database.rowsRestored)
      : `${count(database.rowsRestored)} of ${count(database.rowsExpected)}`;
  const shown = [
    rows,
    count(database.acknowledged),
    count(database.lostWrites),
    duration(database.rpoMs),
    duration(database.restoreMs),
    duration(database.verifyMs),
  ];
  return markup`${shown.map((figure) => markup`<span role="cell" class="number">${figure}</span>`)}`;
}

function why({ failedChecks, detail, lostAt, lostRuns }: DatabaseResult): string {
  const found = [failedChecks.join(', '), detail].filter((part) => part !== '').join(': ');
  const lost = lostAt === undefined ? '' : `lost: ${lostAtInWords(lostAt, lostRuns)}`;
  return [found, lost].filter((part) => part !== '').join('; ');
}

function ranksBy(
  databases: readonly DatabaseResult[],
  order: (a: DatabaseResult, b: DatabaseResult) => number,
): ReadonlyMap<DatabaseResult, number> {
  return new Map(databases.toSorted(order).map((database, rank) => [database, rank]));
}
