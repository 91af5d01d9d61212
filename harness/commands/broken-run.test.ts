import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, test } from 'vitest';

const CLI = path.join(import.meta.dirname, '../cli.ts');
let folder: string;
const told: string[] = [];
let answer = 200;
const hook = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => told.push(chunk.toString()));
  request.on('end', () => response.writeHead(answer).end());
});

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-broken-'));
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  told.length = 0;
  answer = 200;
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
});
afterAll(() => {
  hook.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function drill(args: readonly string[]): Promise<Ended> {
  const { port } = hook.address() as AddressInfo;
  const env = {
    PATH: process.env['PATH'],
    DRILL_NOTIFY_URL: `http://127.0.0.1:${port}/`,
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: path.join(folder, 'output'),
    GITHUB_STEP_SUMMARY: path.join(folder, 'summary'),
    PLANTED_TOKEN: 'planted-token-1',
  };
  const output = args[0] === 'validate' ? [] : [`--output-dir=${path.join(folder, 'out')}`];
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args, ...output], { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

const MISSING = ['--scenario=smoke', '--seed=1', '--litestream=/no/such/planted-token-1'];

it('a run that ends before it has a result is told, and no secret with it', async () => {
  const { code, stderr } = await drill(MISSING);
  expect(code).toBe(2);
  const [body = '{}'] = told;
  expect(JSON.parse(body)).toMatchObject({
    verdict: 'inconclusive',
    exitCode: 2,
    reason: expect.stringMatching(/^\[DRILL_E_LITESTREAM_MISSING\] .*\[redacted\]/),
  });
  const files = ['summary', 'output'].map((name) => readFileSync(path.join(folder, name), 'utf8'));
  expect(files[1]).toBe('verdict=inconclusive\nexit-code=2\nreport-path=\n');
  expect(told.join('') + files.join('')).not.toContain('planted-token-1');
  expect(stderr).toContain('::warning title=drill%3A inconclusive::[DRILL_E_LITESTREAM_MISSING]');
});

it('as a text for Slack', async () => {
  await drill([...MISSING, '--notify-format=slack']);
  const { text } = JSON.parse(told.join('')) as { text: string };
  expect(text).toMatch(/^\*Disaster-recovery drill: inconclusive\* \(exit code 2\)\n/);
});

it('GitHub is told nothing where its report is not wanted', async () => {
  const { stderr } = await drill([...MISSING, '--reporter=junit']);
  expect([told.length, readdirSync(folder)]).toEqual([1, []]);
  expect(stderr).not.toContain('::warning');
});

it('the exit code is the same when nobody listens', async () => {
  answer = 404;
  const { code, stderr } = await drill(MISSING);
  expect(code).toBe(2);
  expect(stderr).toContain('did not take the notification: it answered 404');
});

// Thrown where nobody waits for it, as a stream or a timer does.
test.each(['throw new Error("planted")', 'Promise.reject(new Error("planted"))'])(
  'a bug is told too, wherever it is thrown: %s',
  async (bug) => {
    // A scenario that never loads: nothing else of the run is there to catch it.
    const scenario = path.join(folder, 'never.mjs');
    writeFileSync(
      scenario,
      `setTimeout(() => { ${bug}; }, 50);\nsetInterval(() => {}, 1000);\nawait new Promise(() => {});\n`,
    );
    const { code, stdout } = await drill([`--scenario=${scenario}`, '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DRILL_E_BUG', why: 'planted' }, exitCode: 4 });
    expect(JSON.parse(told.join(''))).toMatchObject({ verdict: 'inconclusive', exitCode: 4 });
    expect(readFileSync(path.join(folder, 'output'), 'utf8')).toContain('exit-code=4');
  },
);

test.each([
  ['what was not understood', ['--scenario=smoke', '--sed=1']],
  ['a dry run', ['--scenario=no-such-scenario', '--dry-run']],
  ['another command', ['validate', 'gone.yaml']],
])('%s is no run, and is not told', async (_, args) => {
  expect((await drill(args)).code).toBe(2);
  expect([told, readdirSync(folder)]).toEqual([[], []]);
});
