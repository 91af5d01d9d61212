import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCENARIOS_DIR } from './project.ts';
import type { Result, ScenarioResult } from './result.ts';

/** The programs of scenarios/supervisors/ and other people's habits, each in the place of our own supervisor. */

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-supervisors-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function shown(name: string): string {
  return `sh '${join(SCENARIOS_DIR, 'supervisors', name)}'`;
}

/** Five databases for a moment, if not asked for without a second life. */
function drill(
  supervisor: string,
  workload = '',
  secondLife = false,
): ScenarioResult & { readonly exitCode: number | null } {
  const file = join(folder, 'brief.yaml');
  writeFileSync(
    file,
    `id: brief
title: Brief
tier: smoke
fleet: { realms: 1, appsPerRealm: 3, idleShare: 0.3 }
supervisor: { replicateIntervalSec: 1 }
workload: { writesPerSecond: 100, duration: 6s${workload} }
protection: { timeout: 6s }
disaster: { kind: host-loss, at: ${workload === '' ? '2500ms' : '6s'} }
recovery: { secondLife: ${secondLife} }
objectives: [rpoMs max < 2000, lostWritesBeyondRpo == 0]
`,
  );
  return run(`--scenario=${file}`, `--supervisor=${supervisor}`);
}

function run(...args: string[]): ScenarioResult & { readonly exitCode: number | null } {
  const outputDir = mkdtempSync(join(folder, 'run-'));
  const ended = spawnSync(
    process.execPath,
    [CLI, ...args, '--seed=1', '--json', `--output-dir=${outputDir}`],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const [scenario] = (JSON.parse(ended.stdout) as Result).scenarios;
  if (scenario === undefined) throw new Error(ended.stderr);
  return { ...scenario, exitCode: ended.status };
}

function failed({ checks }: ScenarioResult): string[] {
  return checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
}

it.each(['ours.sh', 'plain-litestream.sh'])('%s protects a fleet that stays as it is', (name) => {
  const result = drill(shown(name));
  expect(result.reason).toBe('every check held and every objective was kept');
  expect(result, result.reason).toMatchObject({ exitCode: 0, subject: { supervisor: shown(name) } });
});

it('plain-litestream.sh never hears of a new realm or app', () => {
  const result = drill(shown('plain-litestream.sh'), ', newRealms: 1, newApps: 2');
  expect(result.exitCode).toBe(1);
  expect(failed(result)).toContain('inventory');
  expect(result.reason).toMatch(/^no object was ever sent for realms\/\S+\.db/);
  const young = result.databases.filter(({ failedChecks }) => failedChecks.includes('inventory'));
  expect(young.map(({ detail }) => detail).join()).toMatch(/not protected/);
});

it('the shipped RustBaas is a negative control that says what it is', () => {
  const result = run('--scenario=shipped-rustbaas');
  expect(result, result.reason).toMatchObject({ verdict: 'pass', exitCode: 0 });
  expect(failed(result)).toEqual(['inventory', 'objectives']);
  expect(result.reason).toMatch(
    /^the negative control was caught by inventory, databasesRestored > 0 \(measured 0\), /,
  );
  expect(result.reason).toMatch(
    /: never protected: 5 of 5 databases before the load \(the supervisor ended and left no process behind\); the bucket is empty$/,
  );
});

it('an operator who starts Litestream on the shipped file is told where the objects went', () => {
  const result = drill(shown('shipped-by-hand.sh'));
  expect(result.exitCode).toBe(1);
  expect(result.reason).toMatch(
    /^never protected: 5 of 5 databases before the load \(not within 6s\); objects were found at (prod\/\S+), a database belongs at \1\.db, and so for 4 more; /,
  );
});

it('one whose helper leaves the process group is found out in both lives', () => {
  const result = drill(`setsid sleep 1008 & exec ${shown('plain-litestream.sh')}`, '', true);
  const { detail = '' } = result.checks.find(({ id }) => id === 'no-late-uploads') ?? {};
  expect(detail).toMatch(/process \d+ had left the host's process group and was killed: sleep 1008/);
  expect(detail).toMatch(/process \d+ had left the new host's process group and was killed: sleep 1008/);
  expect(result, result.reason).toMatchObject({ verdict: 'pass', exitCode: 0 });
});

it('one that cannot be started is named with its exit code and its last words', () => {
  const result = drill('no-such-supervisor');
  expect(result.exitCode).toBe(1);
  expect(result.reason).toMatch(
    /^the supervisor ended by itself before the kill \(exit code 127: .*no-such-supervisor: not found \[logs\/supervisor\.log\]\); the bucket is empty; /,
  );
});

it('one that ends with 0 and leaves its work to a process of its own is judged by that work', () => {
  const daemon = `setsid ${shown('plain-litestream.sh')} >/dev/null 2>&1 & exit 0`;
  expect(drill(daemon)).toMatchObject({ verdict: 'pass', exitCode: 0 });
});
