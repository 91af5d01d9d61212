import type { PackItems } from './items.ts';

const TITLES = {
  drill: 'Drill',
  scope: 'Scope',
  targets: 'Targets',
  environment: 'Environment',
  identity: 'Who, and with which credential',
  timeline: 'Timeline, UTC',
  results: 'Results for each database',
  integrity: 'Integrity and completeness',
  verdict: 'Verdict',
  findings: 'Findings',
  records: 'Records',
  disposal: 'Disposal of the restored copies',
  trend: 'Trend, and the next drill',
} as const satisfies Record<keyof PackItems, string>;

/** The pack for people: the same thirteen items as pack.json, and what nobody stated called so. A run may lack its page. */
export function packPage(items: PackItems, hasReport: boolean): string {
  const names = Object.keys(TITLES) as (keyof PackItems)[];
  return [
    pageTitle(items.verdict.verdict),
    '',
    `Checked with \`drill verify-pack\`.${hasReport ? ' The report for people is run/report.html.' : ''}`,
    '',
    ...names.flatMap((name, index) => [
      `## ${index + 1}. ${TITLES[name]}`,
      '',
      ...(name === 'results' || name === 'integrity'
        ? [hasReport ? 'In pack.json and, with charts, in run/report.html.' : 'In pack.json.']
        : indented(items[name])),
      '',
    ]),
  ].join('\n');
}

/** The first line. */
export function pageTitle(verdict: string): string {
  return `# Evidence of a disaster-recovery drill: ${verdict}`;
}

/** As a block of code: nothing in it is Markdown, whatever it says. */
function indented(value: unknown): string[] {
  const told = JSON.stringify(value, (_, one: unknown) => (one === null ? 'not stated' : one), 2);
  return told.split('\n').map((line) => `    ${line}`);
}
