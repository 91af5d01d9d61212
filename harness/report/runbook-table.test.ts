import { expect, test } from 'vitest';
import { evidenceWith } from '../judge/green-evidence.ts';
import { judge } from '../judge/judge.ts';
import type { RunbookStepResult, ScenarioResult } from '../result.ts';
import { runbookMarkdown } from './runbook-markdown.ts';
import { runbookTable } from './runbook-table.ts';

const WORKS: RunbookStepResult = {
  step: 1,
  beyondPage: null,
  command: 'mkdir data',
  database: null,
  outcome: 'works',
  cause: null,
  why: '',
  exitCode: 0,
  asked: [],
};
const restore = (database: string): RunbookStepResult => ({
  ...WORKS,
  step: 3,
  command: `litestream restore -o data/${database} s3://drill/prod/${database}`,
  database,
  outcome: 'fails',
  cause: 'endpoint-ignored',
  why: 'it asked a|b',
  exitCode: 1,
  asked: ['s3.amazonaws.com'],
});
const STEPS: RunbookStepResult[] = [
  WORKS,
  restore('system.db'),
  restore('realms/acme/realm.db'),
  {
    ...restore('system.db'),
    beyondPage: 'endpoint-in-url',
    command: 'litestream restore s3://drill.localhost:4711/prod/system.db',
    outcome: 'works',
    cause: null,
    why: '',
    exitCode: 0,
    asked: ['localhost'],
  },
];
const RUNBOOK = { steps: STEPS, drillRestore: { restored: 3, databases: 3 } };

function drilled(change: (result: ScenarioResult) => void = () => undefined): ScenarioResult {
  const result = { ...judge(evidenceWith(() => undefined)), runbook: structuredClone(RUNBOOK) };
  change(result);
  return result;
}

test('a line a step on the console, what was typed and why below it', () => {
  expect(runbookTable(RUNBOOK, 78, false)).toEqual([
    'step                    outcome  exit  asked',
    '1                       works       0',
    '    $ mkdir data',
    '3                       fails       1  s3.amazonaws.com',
    '    $ litestream restore -o data/system.db s3://drill/prod/system.db, and so',
    '    for 1 more',
    '    it asked a|b',
    '3, endpoint in the URL  works       0  localhost',
    '    $ litestream restore s3://drill.localhost:4711/prod/system.db',
    'instead                 works       –',
    '    $ drill restore',
    '    3 of 3 databases are back',
    expect.stringMatching(/^The outside is fenced off/),
    expect.any(String),
  ]);
});

test('drill restore that lacks a database is no success', () => {
  const lines = runbookTable({ ...RUNBOOK, drillRestore: { restored: 2, databases: 3 } }, 78, false);
  expect(lines).toContainEqual(expect.stringMatching(/^instead +fails/));
});

test('a column a Litestream and store in Markdown, the same steps side by side, no port in it', () => {
  const other = drilled((result) => {
    result.subject.litestream.version = '0.5.17';
    result.store.kind = 'minio';
    result.runbook = {
      ...RUNBOOK,
      steps: STEPS.filter(({ beyondPage }) => beyondPage === null),
    };
  });
  const without = judge(evidenceWith(() => undefined));
  expect(runbookMarkdown([drilled(), without, other]).split('\n')).toEqual([
    '| step | 0.3.13, embedded | 0.5.17, minio |',
    '|---|---|---|',
    '| 1 | works | works |',
    String.raw`| 3 | **fails** (exit code 1): it asked a\|b; asked ${'`s3.amazonaws.com`'} | **fails** (exit code 1): it asked a\|b; asked ${'`s3.amazonaws.com`'} |`,
    '| 3, endpoint in the URL | works; asked `localhost` | – |',
    '| instead | works: 3 of 3 databases are back | works: 3 of 3 databases are back |',
    '',
    'Typed, for `system.db`:',
    '',
    '- 1: `mkdir data`',
    '- 3: `litestream restore -o data/system.db s3://drill/prod/system.db`',
    '- 3, endpoint in the URL: `litestream restore s3://drill.localhost:PORT/prod/system.db`',
    '- instead: `drill restore`',
  ]);
});
