import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../result.ts';
import { installedProject } from './installed.ts';

let project: string;
beforeAll(() => {
  project = installedProject();
}, 180_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** As a user of the project types it: npx, with what is in node_modules/.bin. */
function npx(...args: readonly string[]) {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, DRILL_STORE: 'embedded', CI: 'true', npm_config_offline: 'true' };
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', ...args], {
    cwd: project,
    env,
    encoding: 'utf8',
    timeout: 150_000,
  });
  return { code: status, stdout, stderr };
}

/** Runs the tests of the project; what came of them is in a file of its own. */
function vitest(...args: readonly string[]) {
  const { code } = npx('vitest', 'run', '--reporter=json', '--outputFile=outcome.json', ...args);
  const report = JSON.parse(readFileSync(path.join(project, 'outcome.json'), 'utf8')) as {
    numPassedTests: number;
    numTotalTests: number;
    testResults: { assertionResults: { status: string; failureMessages: string[] }[] }[];
  };
  return { code, report };
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
  writeFileSync(path.join(project, file), text);
}

const FIELDS = `
  title: 'One of ours', tier: 'smoke',
  fleet: { realms: 1, appsPerRealm: 1 }, supervisor: { replicateIntervalSec: 1 },
  workload: { duration: '2s' }, recovery: { secondLife: false },
  objectives: ['rpoMs max < 3000', 'lostWritesBeyondRpo == 0'],`;

test('has a program, which leaves its runs in the project', () => {
  expect(npx('drill', '--help').stdout).toContain('npx drill --scenario=many-realms');
  expect(npx('drill', 'list').stdout).toContain('many-realms');
  expect(npx('drill', 'init').stdout).toContain('next: npx drill validate');
  expect(npx('drill', 'validate').stdout).toBe('valid: first-drill\n');
  // What comes with the drill is found beside the project's own.
  expect(npx('drill', '--scenario=smoke', '--dry-run').stdout).toContain('5 databases');
  const { code, stdout, stderr } = npx('drill', '--scenario=first-drill', '--seed=7');
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(stdout).toContain('repeat: npx drill --scenario=first-drill --store=embedded --seed=7');
  expect(readdirSync(path.join(project, 'reports'))).toContain('latest');
  expect(npx('drill', 'judge', 'latest').code).toBe(0);
});

test('types what a project writes', () => {
  write(
    'scenarios/ours.ts',
    `import { defineScenario } from 'rustbaas-dr-drill';
export default defineScenario({ id: 'ours', ${FIELDS}
  verify: { 'has-realms': ({ databases }) => databases.filter(({ kind }) => kind === 'system').flatMap(({ path, db }) =>
    db.prepare('SELECT id FROM realms').all().length > 0 ? [] : [{ database: path, expected: 'a realm', actual: 'none' }]) },
});\n`,
  );
  write(
    'drills.test.ts',
    `import { drillSuite, type Result } from 'rustbaas-dr-drill/vitest';
import { expect } from 'vitest';
drillSuite({ scenarios: ['ours'], seed: 7, check: (result: Result) => {
  expect(result).toHaveRpoBelow(3000);
  expect(result).toHaveRtoBelow(60_000);
  expect(result).toLoseNothingBeyondRpo();
} });\n`,
  );
  write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: 'nodenext',
        target: 'es2023',
        skipLibCheck: false,
        types: ['node'],
      },
      include: ['drills.test.ts', 'scenarios'],
    }),
  );
  const { code, stdout } = npx('tsc');
  expect([code, stdout]).toEqual([0, '']);
  const [wrong] = [
    "import { expect } from 'vitest';\nimport 'rustbaas-dr-drill/vitest';\nexpect('a text').toHaveRpoBelow(3);\n",
  ];
  write('wrong.ts', wrong);
  write('tsconfig.wrong.json', JSON.stringify({ extends: './tsconfig.json', include: ['wrong.ts'] }));
  expect(npx('tsc', '-p', 'tsconfig.wrong.json').stdout).toContain('wrong.ts(3,');
});

test('runs its scenarios as tests of its vitest, with checks of their own', () => {
  const { code, report } = vitest();
  expect([code, report.testResults]).toEqual([0, expect.any(Array)]);
  expect(report).toMatchObject({ numPassedTests: 1, numTotalTests: 1 });
  const result = JSON.parse(readFileSync(path.join(project, 'reports/latest/result.json'), 'utf8')) as Result;
  expect(result.scenarios[0]?.checks).toContainEqual(
    expect.objectContaining({ id: 'own:has-realms', verdict: 'pass' }),
  );
});

test('is red, and neither green nor skipped, where nothing could be judged', () => {
  write(
    'scenarios/ours.ts',
    `import { defineScenario } from 'rustbaas-dr-drill';
export default defineScenario({ id: 'ours', ${FIELDS} verify() { throw new Error('could not look'); } });\n`,
  );
  const { code, report } = vitest('--retry=1');
  expect(code).toBe(1);
  const [only] = report.testResults[0]?.assertionResults ?? [];
  expect(only?.status).toBe('failed');
  expect(only?.failureMessages.join()).toContain('own:verify: could not be judged');
  expect(only?.failureMessages).toHaveLength(1);
});
