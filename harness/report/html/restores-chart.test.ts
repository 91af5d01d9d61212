import { expect, it } from 'vitest';
import { evidenceWith, greenRun, KILL_US } from '../../judge/green-evidence.ts';
import { judgeRun } from '../../judge/judge.ts';
import type { ScenarioResult } from '../../result.ts';
import { restoresChart } from './restores-chart.ts';

function drillOf(databases: number): ScenarioResult {
  const evidence = evidenceWith((green) => {
    const [first] = green.databases;
    green.databases = Array.from({ length: databases }, (_, index) => {
      const copy = structuredClone(first);
      if (copy === undefined) throw new Error('no database');
      Object.assign(copy, { path: `realms/acme/apps/a-${index}/data.db` });
      Object.assign(copy.restore ?? {}, { startUs: KILL_US + 200_000, endUs: KILL_US + 300_000 });
      Object.assign(copy.verified ?? {}, { startUs: KILL_US + 900_000, endUs: KILL_US + 950_000 });
      return copy;
    });
  });
  const [drill] = judgeRun([evidence], greenRun([evidence])).scenarios;
  if (drill === undefined) throw new Error('no drill');
  return drill;
}

function chartOf(drill: ScenarioResult): string {
  return restoresChart(drill)?.markup ?? '';
}

it('draws restore and verification of a database in one row, names both, and has both in the table', () => {
  const chart = chartOf(drillOf(1));
  expect(chart).toContain('a-0/data.db: restore 100 ms, verification 50 ms</title><rect class="bar strong"');
  expect(chart.match(/<rect class="bar verify"/g)).toHaveLength(2); // in the row and in the legend
  expect(chart).toContain('>verification</text>');
  expect(chart).toMatch(
    /data\.db<\/a><\/td><td class="number">200 ms<\/td><td class="number">100 ms<\/td><td class="number">900 ms<\/td><td class="number">50 ms/,
  );
});

it('shows the restores alone of an older result, which does not say when was verified', () => {
  const drill = drillOf(1);
  for (const database of drill.databases) delete database.verifyStartMs;
  const chart = chartOf(drill);
  expect(chart).toContain('a-0/data.db: restore 100 ms</title>');
  expect(chart).not.toContain('class="bar verify"');
  expect(chart).not.toContain('>verification</text>');
  expect(chart).not.toMatch(/NaN|undefined/);
});

it.each([
  [12, '12 of 12 restores', 12],
  [1001, '1,000 of 1,001 restores', 1000],
])('says of %i restores how many the table has', (databases, words, rows) => {
  const chart = chartOf(drillOf(databases));
  expect(chart).toContain(words);
  expect(chart.match(/<tr>/g)).toHaveLength(rows + 1);
});
