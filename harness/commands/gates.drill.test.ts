import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Result } from '../result.ts';
import { filesWithSecrets } from '../secrets.ts';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));
const DEFINE = pathToFileURL(fileURLToPath(new URL('../scenario/define.ts', import.meta.url))).href;
const SMOKE = fileURLToPath(new URL('../../scenarios/smoke.yaml', import.meta.url));

/** One credential for each way in. */
const PLANTED = {
  AWS_SECRET_ACCESS_KEY: 'planted-aws-secret-1',
  AWS_ACCESS_KEY_ID: 'AKIAPLANTED2',
  AWS_SESSION_TOKEN: 'planted"session-token-3',
  SUPERVISOR_PASSWORD: "planted'in-the-command-4",
  SCENARIO_API_KEY: 'planted-in-the-title-5',
  STATEMENT_TOKEN: 'planted-in-the-statement-6',
  RC_PASSWORD: 'planted-in-the-rc-file-8',
  DESCRIPTION_TOKEN: 'planted-in-the-description-9',
  TAG_SECRET: 'planted-in-a-tag-10',
  OWN_CHECK_API_KEY: 'planted-in-the-words-of-a-check-11',
} as const;
const SECRETS = [...Object.values(PLANTED), 'planted-in-the-webhook-7'];

let folder: string;
let output: string;
const told: string[] = [];
const hook = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => told.push(chunk.toString()));
  request.on('end', () => response.end());
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-gates-'));
  output = join(folder, 'reports');
  mkdirSync(join(folder, 'github'));
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  hook.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function drill(...args: string[]): Promise<Ended> {
  const { port } = hook.address() as AddressInfo;
  const env = {
    ...process.env,
    ...PLANTED,
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: join(folder, 'github', 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'github', 'summary'),
    DRILL_NOTIFY_URL: `http://127.0.0.1:${port}/planted-in-the-webhook-7`,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [CLI, ...args],
      { cwd: folder, env, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
  });
}

function secretsIn(text: string): string[] {
  return SECRETS.filter(
    (secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)),
  );
}

/** The smoke scenario with a credential in each of its words, and a check of its own whose finding is wanted. */
function plantedScenario(): string {
  const smoke = parse(readFileSync(SMOKE, 'utf8')) as Record<string, unknown>;
  const definition = {
    ...smoke,
    id: 'planted',
    title: PLANTED.SCENARIO_API_KEY,
    description: PLANTED.DESCRIPTION_TOKEN,
    tags: [PLANTED.TAG_SECRET],
    // The machine of a test is busy with others.
    timeout: '3m',
    expect: 'fail',
    mustFail: ['own:words'],
  };
  const said = JSON.stringify(PLANTED.OWN_CHECK_API_KEY);
  return `import { defineScenario } from ${JSON.stringify(DEFINE)};
const words = ({ databases: [first] }: { databases: { db: { prepare(sql: string): { get(): unknown } } }[] }) => {
  first?.db.prepare('SELECT 1').get();
  console.log(${said});
  return [{ expected: ${said}, actual: ${said}, detail: ${said} }];
};
export default defineScenario({ ...${JSON.stringify(definition)}, verify: { words } } as never);
`;
}

function supervisorThatSays(words: string): string {
  return `echo ${JSON.stringify(words)} >&2; exec "${process.execPath}" "${CLI}" supervise`;
}

it('runs are held against the last pass, told, kept and packed, and no credential is in any of it', async () => {
  const scenario = join(folder, 'planted.ts');
  writeFileSync(scenario, plantedScenario());
  const supervisor = supervisorThatSays(PLANTED.SUPERVISOR_PASSWORD);
  writeFileSync(
    join(folder, '.drillrc.yaml'),
    JSON.stringify({ supervisor: supervisorThatSays(PLANTED.RC_PASSWORD) }),
  );
  const run = [
    `--scenario=${scenario}`,
    `--supervisor=${supervisor}`,
    `--output-dir=${output}`,
    '--json',
    // The machine of a test is busy with others: only that a baseline is found is tested here.
    '--against=last-pass',
    '--tolerance=1000%',
  ];

  const first = await drill(...run, '--seed=1');
  expect(first.exitCode).toBe(3);
  expect(JSON.parse(first.stdout)).toMatchObject({
    verdict: 'inconclusive',
    reason: expect.stringContaining('no earlier pass of planted'),
    scenarios: [{ verdict: 'pass' }],
  });
  expect(JSON.parse(told.join(''))).toMatchObject({ verdict: 'inconclusive', exitCode: 3 });

  const second = await drill(...run, '--seed=2');
  expect(second.stderr).toContain('NO WORSE  tolerance 1,000 %');
  expect(second.exitCode).toBe(0);
  expect(told).toHaveLength(1);
  const judged = await drill('judge', 'latest', '--json', `--output-dir=${output}`);
  expect(judged).toMatchObject({ exitCode: 0, stdout: second.stdout, stderr: '' });
  // What a dry run says to expect is what the last drills here took.
  const plan = await drill(...run, '--dry-run', '--seed=2');
  const [drilled] = (JSON.parse(second.stdout) as Result).scenarios;
  const made = drilled?.storeRequests?.reduce((sum, { count }) => sum + count, 0);
  expect(JSON.parse(plan.stdout)).toMatchObject({
    plans: [
      {
        planDigest: drilled?.planDigest,
        expected: {
          durationMs: { from: 'median of its last 2 drills here' },
          requests: { least: made, most: made },
          openFiles: { needed: expect.any(Number) },
        },
      },
    ],
  });
  // The supervisor of the rc file, in a shard, which a merge makes a run of.
  const shardDir = join(folder, 'shards');
  const shard = await drill(
    'run',
    `--scenario=${scenario}`,
    `--output-dir=${shardDir}`,
    '--shard=1/1',
    '--seed=3',
  );
  const merged = await drill('merge', shardDir, `--output-dir=${join(folder, 'merged')}`);
  expect(merged.exitCode).toBe(0);
  const compared = await drill('compare', output, join(folder, 'merged'), '--tolerance=1000%');
  expect(compared.stdout).toContain('planted');
  const broken = join(folder, 'broken.ts');
  writeFileSync(broken, plantedScenario().replace('lostWritesBeyondRpo == 0', PLANTED.DESCRIPTION_TOKEN));
  const refused = await drill('validate', broken, '--json');
  expect(JSON.parse(refused.stdout)).toMatchObject({ valid: false, problems: [expect.anything()] });
  const others = [
    plan,
    shard,
    merged,
    compared,
    refused,
    await drill('run', `--scenario=${broken}`, '--json'),
    await drill('run', `--scenario=${scenario}`, '--dry-run', `--output-dir=${output}`),
    await drill('validate', scenario),
    await drill('list', `--output-dir=${output}`),
    await drill('doctor', `--output-dir=${output}`),
    await drill('report', 'latest', '--format=html', `--output-dir=${output}`),
    await drill('completion', 'bash'),
  ];

  const statement = join(folder, 'statement.yaml');
  writeFileSync(statement, `conductedBy: ${PLANTED.STATEMENT_TOKEN}\n`);
  const pack = join(folder, 'pack');
  const packed = await drill(
    'report',
    'latest',
    `--pack=${pack}`,
    `--statement=${statement}`,
    `--output-dir=${output}`,
  );
  expect(packed).toMatchObject({ exitCode: 0, stdout: `${pack}\n` });
  const verified = await drill('verify-pack', pack, '--json', `--history=${join(output, 'history.ndjson')}`);
  expect(JSON.parse(verified.stdout)).toMatchObject({ intact: true, verdict: 'pass', problems: [] });

  expect(readdirSync(pack)).toContain('pack.json');
  const planted = SECRETS.flatMap((secret) =>
    [output, pack, shardDir, join(folder, 'merged'), join(folder, 'github')].flatMap((place) =>
      filesWithSecrets(place, [secret]).map(({ file }) => `${secret}: ${file}`),
    ),
  );
  expect(planted).toEqual([]);
  expect(readdirSync(join(folder, 'github'))).toEqual(['output', 'summary']);
  for (const { stdout, stderr } of [first, second, judged, packed, verified, ...others]) {
    expect(stdout).not.toBe('');
    // GitHub has to be told what to hide.
    expect(secretsIn(stdout + stderr.replaceAll(/^::add-mask::.*\n/gm, ''))).toEqual([]);
  }
  expect(second.stderr).toMatch(/^::add-mask::/m);
  expect(second.stderr).toMatch(/^::group::planted {2}[^]*\n::endgroup::\n/m);
  expect(secretsIn(told.join(''))).toEqual([]);
  // The redaction is seen at work, so that an empty search is no accident.
  for (const log of [
    join(output, 'latest', 'evidence', 'planted', 'logs', 'supervisor.log'),
    join(output, 'latest', 'evidence', 'planted', 'logs', 'own-words.log'),
    join(shardDir, 'latest', 'evidence', 'planted', 'logs', 'supervisor.log'),
  ]) {
    expect(readFileSync(log, 'utf8')).toContain('[redacted]');
  }
  const [own] = drilled?.checks.filter(({ id }) => id === 'own:words') ?? [];
  expect(own).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('[redacted]') });
}, 600_000);
