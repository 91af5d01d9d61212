import { expect, it } from 'vitest';
import { combinationsOf } from './combinations.ts';
import { readScenario } from './load.ts';
import type { Scenario } from './schema.ts';

const TEXT = `id: two
title: two
tier: nightly
fleet: { realms: 1 }
disaster: { kind: host-loss }
objectives: [ "rpoMs max < 1000" ]
`;

function problemsIn(matrix: string): string[] {
  return readScenario(`${TEXT}matrix: ${matrix}\n`, 'two.yaml').problems.map(
    ({ line, message }) => `${line}: ${message}`,
  );
}

function scenario(matrix: string): Scenario {
  const { loaded } = readScenario(`${TEXT}matrix: ${matrix}\n`, 'two.yaml');
  if (loaded === null) throw new Error(problemsIn(matrix).join());
  return loaded.scenario;
}

const NOTHING_ASKED = { litestream: null, store: 'auto' } as const;
const BAD_AND_GOOD = '{ litestream: [0.5.17, { version: 0.5.6, expect: fail, mustFail: [objectives] }] }';

it('makes one drill of a scenario without a matrix', () => {
  const { loaded } = readScenario(TEXT, 'two.yaml');
  expect(loaded && combinationsOf(loaded.scenario, NOTHING_ASKED)).toEqual([
    {
      litestream: null,
      store: 'auto',
      expect: 'pass',
      mustFail: [],
      mustCount: [],
      mustBreak: [],
      mustHold: [],
      label: '',
    },
  ]);
});

it('crosses versions and stores, each version with its own expectation', () => {
  const cells = combinationsOf(
    scenario(BAD_AND_GOOD.replace(' }] }', ' }], stores: [embedded, minio] }')),
    NOTHING_ASKED,
  );
  expect(cells.map(({ label, expect: expected, mustFail }) => [label, expected, mustFail])).toEqual([
    ['0.5.17-embedded', 'pass', []],
    ['0.5.17-minio', 'pass', []],
    ['0.5.6-embedded', 'fail', ['objectives']],
    ['0.5.6-minio', 'fail', ['objectives']],
  ]);
});

it('takes the objectives of a version from the version, and from the scenario where it says nothing of them', () => {
  const cells = combinationsOf(
    scenario(
      '{ litestream: [0.5.17, { version: 0.5.6, expect: fail, mustBreak: ["rpoMs max < 1000"] },' +
        ' { version: 0.5.5, expect: fail, mustFail: [content], mustHold: ["rpoMs max < 1000"] }] }',
    ),
    NOTHING_ASKED,
  );
  expect(cells.map(({ mustFail, mustBreak, mustHold }) => [mustFail, mustBreak, mustHold])).toEqual([
    [[], [], []],
    [[], ['rpoMs max < 1000'], []],
    [['content'], [], ['rpoMs max < 1000']],
  ]);
  const control = `${TEXT}expect: fail\nmustBreak: ["rpoMs max < 1000"]\nmatrix: { litestream: [0.3.13] }\n`;
  const { loaded } = readScenario(control, 'two.yaml');
  expect(loaded && combinationsOf(loaded.scenario, NOTHING_ASKED)).toMatchObject([
    { expect: 'fail', mustFail: [], mustCount: [], mustBreak: ['rpoMs max < 1000'], mustHold: [] },
  ]);
});

it('lets the command line choose, and keeps what is expected of that version', () => {
  const only = (litestream: string) => combinationsOf(scenario(BAD_AND_GOOD), { litestream, store: 'minio' });
  expect(only('0.5.6')).toMatchObject([{ litestream: '0.5.6', store: 'minio', expect: 'fail', label: '' }]);
  expect(only('v0.5.6')).toMatchObject([{ litestream: 'v0.5.6', expect: 'fail' }]);
  expect(only('/opt/litestream')).toMatchObject([{ expect: 'pass', mustFail: [] }]);
});

it.each([
  ['{ litestream: [0.5.17, 0.5.17] }', 'version 0.5.17 is there twice'],
  ['{ stores: [minio, minio] }', 'the store minio is there twice'],
  ['{ litestream: [{ version: 0.5.6, expect: fail }] }', '0.5.6 is expected to fail: name the checks'],
  ['{ litestream: [{ version: 0.5.6, mustFail: [content] }] }', 'need "expect: fail"'],
  ['{ litestream: [{ version: 0.5.6, mustBreak: ["rpoMs max < 1000"] }] }', 'need "expect: fail"'],
  [
    '{ litestream: [{ version: 0.5.6, expect: fail, mustBreak: ["rpoMs max < 100"] }] }',
    '"rpoMs max < 100" is none of the objectives; did you mean rpoMs max < 1000?',
  ],
  ['{ litestream: [latest] }', 'a version like 0.5.17'],
  ['{ stores: [s3] }', 's3'],
])('refuses %s', (matrix, message) => {
  const problems = problemsIn(matrix);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(message);
});
