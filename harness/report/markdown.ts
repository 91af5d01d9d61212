import type { Result, ScenarioResult } from '../result.ts';
import { strictestMax } from '../scenario/metrics.ts';
import { expectedInWords } from './expected.ts';
import { count, duration } from './format.ts';
import { instantsInWords } from './instants.ts';
import { lostAtInWords } from './lost-at.ts';
import { subjectUseInWords } from './subject-use.ts';
import { litestreamInWords } from './subject.ts';

/** A step of GitHub Actions drops a summary beyond 1 MiB whole, so this stays below it and says when it was cut. */
const MOST_BYTES = 900_000;
const MOST_DATABASES = 20;

/** The summary as Markdown: verdict, one table, then what went wrong in folds. The same text serves as the job summary. */
export function renderMarkdown(result: Result): string {
  const bad = result.scenarios.filter(({ verdict }) => verdict !== 'pass');
  const text = [
    `## ${SIGNS[result.verdict]} ${result.verdict}`,
    '',
    cell(result.reason),
    '',
    '| drill | Litestream | store | verdict | RPO / objective | RTO / objective | lost | acknowledged | subject |',
    '|---|---|---|---|---|---|---|---|---|',
    ...result.scenarios.map(line),
    '',
    ...bad.flatMap(fold),
    `Repeat: ${code(result.repeatCommand)}`,
    '',
  ].join('\n');
  return shortenedTo(text, MOST_BYTES);
}

/** Beside the word, never instead of it. */
const SIGNS = { pass: '✅', fail: '❌', inconclusive: '⚠️' } as const;

function line(drill: ScenarioResult): string {
  const { measurements: figures } = drill;
  return `| ${[
    cell(drill.drillId),
    cell(litestreamInWords(drill.subject)),
    drill.store.kind,
    `${SIGNS[drill.verdict]} ${drill.verdict}${drill.expect === 'fail' ? ' (red was expected)' : ''}`,
    against(figures.rpoMs?.max ?? null, strictestMax(drill.objectives, 'rpoMs')),
    against(figures.rtoMs, strictestMax(drill.objectives, 'rtoMs')),
    count(figures.lostWrites),
    count(figures.acknowledgedWrites),
    subjectUseInWords(drill) ?? '–',
  ].join(' | ')} |`;
}

function against(actualMs: number | null, objectiveMs: number | null): string {
  return `${duration(actualMs)} / ${duration(objectiveMs)}`;
}

function fold(drill: ScenarioResult): string[] {
  const checks = drill.checks.filter(({ verdict }) => verdict !== 'pass');
  const databases = drill.databases.filter(({ verdict }) => verdict !== 'pass');
  return [
    `<details open><summary>${html(`${drill.drillId}: ${drill.verdict}`)}</summary>`,
    '',
    cell(drill.reason),
    ...(drill.lostAt === undefined
      ? []
      : ['', `Lost writes, when the host died: ${lostAtInWords(drill.lostAt)}.`]),
    ...instantsLine(drill),
    '',
    ...(drill.failures ?? []).map(
      ({ class: whose, code, fix }) => `- **${whose}** \`${cell(code)}\`: ${cell(fix)}`,
    ),
    '',
    '| check | verdict | expected | actual | detail |',
    '|---|---|---|---|---|',
    ...checks.map(
      ({ id, verdict, expected, actual, detail }) =>
        `| ${id} | ${verdict} | ${cell(expected)} | ${cell(actual)} | ${cell(detail)} |`,
    ),
    ...objectives(drill),
    ...(databases.length === 0
      ? []
      : [
          '',
          '| database | verdict | lost | RPO | why |',
          '|---|---|---|---|---|',
          ...databases
            .slice(0, MOST_DATABASES)
            .map(
              ({ path, verdict, lostWrites, rpoMs, detail }) =>
                `| ${code(path)} | ${verdict} | ${count(lostWrites)} | ${duration(rpoMs)} | ${cell(detail)} |`,
            ),
          ...(databases.length > MOST_DATABASES
            ? ['', `and ${databases.length - MOST_DATABASES} more databases.`]
            : []),
        ]),
    '',
    '</details>',
    '',
  ];
}

/** Of a negative control also what each was to come to. */
function objectives(drill: ScenarioResult): string[] {
  if (drill.objectives.length === 0) return [];
  const expected = expectedInWords(drill.objectives);
  return [
    '',
    `| objective | verdict | measured |${expected === null ? '' : ' expected |'} from |`,
    `|---|---|---|${expected === null ? '' : '---|'}---|`,
    ...drill.objectives.map(({ expression, verdict, actual, file, line: at }, index) => {
      const wanted = expected === null ? [] : [expected[index] ?? ''];
      const measured = actual === null ? '–' : count(actual, 3);
      return `| ${[code(expression), verdict, measured, ...wanted, code(`${file}:${at}`)].join(' | ')} |`;
    }),
  ];
}

function instantsLine(drill: ScenarioResult): string[] {
  const told = instantsInWords(drill);
  return told === null ? [] : ['', `${cell(told)}.`];
}

/** Text that is nothing but text in Markdown, and stays in its cell. */
export function cell(value: string): string {
  return html(value)
    .replaceAll(/[\\`*_{}[\]()#+!|~]/g, (character) => `\\${character}`)
    .replaceAll(/\s+/g, ' ');
}

/** A code span whose fence is longer than any run of backticks inside. */
export function code(value: string): string {
  const clean = value.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${clean}${fence}` : `${fence} ${clean} ${fence}`;
}

function html(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function shortenedTo(text: string, mostBytes: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= mostBytes) return text;
  const cut = new TextDecoder().decode(bytes.subarray(0, mostBytes));
  return `${cut.slice(0, cut.lastIndexOf('\n'))}\n\n**Cut here: the whole text is in the run's folder.**\n`;
}
