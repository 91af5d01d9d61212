import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findLitestream } from './litestream/binary.ts';

/** Every command that the README shows, run. What takes the place of a reader's own path or program is said here. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
let reports: string;
let litestream: string;

beforeAll(async () => {
  reports = mkdtempSync(join(tmpdir(), 'drill-readme-'));
  litestream = (await findLitestream(null, process.env)).path;
  run(`--scenario=smoke --seed=1 --output-dir=${reports}`);
});
afterAll(() => rmSync(reports, { recursive: true, force: true }));

function run(args: string): { status: number | null; stdout: string; stderr: string } {
  const ended = spawnSync('/bin/sh', ['-c', `exec '${process.execPath}' harness/start.mjs ${args}`], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', DRILL_STORE: 'embedded' },
  });
  return { status: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}

/** As the README shows it → as it is run here, and the exit code that it must have. */
const COMMANDS = new Map<string, () => readonly [args: string, status: number]>([
  // Both are run whole, with npm, by .ci/run.
  ['--scenario=many-realms', () => ['--scenario=many-realms --dry-run', 0]],
  ['--scenario=many-realms --seed=42', () => ['--scenario=many-realms --seed=42 --dry-run', 0]],
  ['--tier=gate', () => ['--tier=gate --dry-run', 0]],
  ['list', () => ['list', 0]],
  ['doctor', () => ['doctor', 0]],
  ['litestream list', () => ['litestream list', 0]],
  // It needs a network, and CI fetches this very version.
  ['litestream add 0.5.17', () => ['litestream add --help', 0]],
  ['--scenario=smoke --litestream=0.5.17', () => ['--scenario=smoke --litestream=0.5.17 --dry-run', 0]],
  ['--scenario=shipped-rustbaas', () => [`--scenario=shipped-rustbaas --output-dir=${reports}`, 0]],
  ['--scenario=documented-runbook', () => ['--scenario=documented-runbook --dry-run', 0]],
  // Nobody's bucket is named here.
  ['--scenario=smoke --store=external', () => ['--scenario=smoke --store=external', 2]],
  [
    '--scenario=smoke --supervisor="sh $PWD/scenarios/supervisors/plain-litestream.sh"',
    () => [
      `--scenario=smoke --supervisor="sh $PWD/scenarios/supervisors/plain-litestream.sh" --output-dir=${reports}`,
      0,
    ],
  ],
  ['--help', () => ['--help', 0]],
  ['judge latest', () => [`judge latest --output-dir=${reports}`, 0]],
  ['--scenario=./scenarios/mine.yaml', () => ['--scenario=./scenarios/smoke.yaml --dry-run', 0]],
  ['validate', () => ['validate', 0]],
  ['init FOLDER', () => [`init ${join(reports, 'project')}`, 0]],
  [
    '--scenario=smoke --litestream=/usr/local/bin/litestream',
    () => [`--scenario=smoke --litestream='${litestream}' --output-dir=${reports}`, 0],
  ],
  // A command that starts nothing: never protected.
  [
    "--scenario=smoke --supervisor='COMMAND'",
    () => [`--scenario=smoke --supervisor=true --output-dir=${reports}`, 1],
  ],
  // Neither has its file or its credentials here; that both work is what every drill shows.
  ['supervise --config rustbase.toml', () => ['supervise --config rustbase.toml', 2]],
  [
    'restore --bucket=my-backups --prefix=prod --output-dir=/srv/rustbase/data',
    () => [`restore --bucket=my-backups --prefix=prod --output-dir=${reports}/data`, 2],
  ],
  ['schema --of=result', () => ['schema --of=result', 0]],
  ['--scenario=smoke --json', () => [`--scenario=smoke --json --output-dir=${reports}`, 0]],
]);

it('shows no command that is not run here', () => {
  const shown = [...README.matchAll(/npm run (?:--silent )?drill -- ([^`\n|]+)/g)].map((match) =>
    match[1]?.trim(),
  );
  expect(new Set(shown)).toEqual(new Set(COMMANDS.keys()));
});

it.each([...COMMANDS])('npm run drill -- %s', (_, command) => {
  const [args, status] = command();
  const ended = run(args);
  expect(ended.status, ended.stderr).toBe(status);
  if (args.includes('--json')) expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: 'pass' });
});
