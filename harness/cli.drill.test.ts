import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, phaseStarted, readOrEmpty, start as startProgram } from './cli-rig.ts';
import { litestreamUnderTest } from './litestream/under-test.ts';
import type { Result, ScenarioResult } from './result.ts';
import { type LitestreamSabotage, SABOTAGES, writeSabotagedLitestream } from './sabotaged-litestream.ts';
import { waitFor } from './waiting.ts';

/** The whole program, as a user starts it: real Litestream, real kills, real S3 traffic. */

const signal = new AbortController().signal;
let folder: string;
let litestream: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-cli-'));
  litestream = (await litestreamUnderTest()).path;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `drill …`, on the Litestream under test unless the arguments name another. */
function start(args: readonly string[]) {
  return startProgram(args, { ...process.env, DRILL_LITESTREAM: litestream });
}

async function drill(...args: string[]): Promise<Ended & { result: Result; scenario: ScenarioResult }> {
  const outputDir = mkdtempSync(join(folder, 'run-'));
  const ended = await start([...args, '--json', `--output-dir=${outputDir}`]).ended;
  const result = JSON.parse(ended.stdout) as Result;
  return { ...ended, result, scenario: result.scenarios[0] as ScenarioResult };
}

function failed(scenario: ScenarioResult): string[] {
  return scenario.checks.filter((check) => check.verdict === 'fail').map((check) => check.id);
}

describe('a sound subject', () => {
  it('passes smoke: every row compared, RPO and RTO measured, and the saved run judged again to the byte', async () => {
    const { exitCode, result, scenario } = await drill('--scenario=smoke', '--seed=1');
    expect(scenario).toMatchObject({ verdict: 'pass', seed: 1 });
    expect(exitCode).toBe(0);
    expect(scenario.measurements.acknowledgedWrites).toBeGreaterThan(100);
    expect(scenario.measurements.rtoMs).toBeGreaterThan(0);
    expect(scenario.checks.map((check) => check.verdict)).not.toContain('inconclusive');
    const outputDir = join(folder, readdirSync(folder).find((name) => name.startsWith('run-')) ?? '');
    const run = join(outputDir, result.runId);
    const before = readFileSync(join(run, 'result.json'), 'utf8');
    const judged = await start(['judge', run]).ended;
    expect(judged.exitCode).toBe(0);
    expect(readFileSync(join(run, 'result.json'), 'utf8')).toBe(before);
    expect(existsSync(join(run, 'work'))).toBe(false);
  });

  it('plans and seeds the same from the same seed', async () => {
    const [first, second] = [
      await drill('--scenario=smoke', '--seed=77'),
      await drill('--scenario=smoke', '--seed=77'),
    ];
    expect(first.scenario.planDigest).toBe(second.scenario.planDigest);
    expect(first.scenario.fleetDigest).toBe(second.scenario.fleetDigest);
    const planDigest = async (seed: number): Promise<string> => {
      const { exitCode, stdout } = await start(['--scenario=smoke', `--seed=${seed}`, '--dry-run', '--json'])
        .ended;
      expect(exitCode).toBe(0);
      return (JSON.parse(stdout) as { plans: { planDigest: string }[] }).plans[0]?.planDigest ?? '';
    };
    expect(await planDigest(77)).toBe(first.scenario.planDigest);
    expect(await planDigest(78)).not.toBe(first.scenario.planDigest);
  });
});

describe('a Litestream that lies', () => {
  const cases: readonly LitestreamSabotage[] = [
    'restore-drops-a-row',
    'restore-swaps-databases',
    'restore-from-a-hidden-copy',
    'restore-without-file',
    'restore-fails',
  ];
  it.each(cases)('%s: exit code 1, and the right check says so', async (sabotage) => {
    const wrapper = writeSabotagedLitestream(folder, litestream, sabotage);
    const { exitCode, scenario } = await drill('--scenario=smoke', '--seed=3', `--litestream=${wrapper}`);
    expect(exitCode).toBe(1);
    expect(scenario.verdict).toBe('fail');
    expect(failed(scenario)).toEqual(expect.arrayContaining([...SABOTAGES[sabotage].checks]));
  });

  it('a restore that hangs is ended at its limit and fails the drill', async () => {
    const wrapper = writeSabotagedLitestream(folder, litestream, 'restore-hangs');
    const file = join(folder, 'hangs.yaml');
    writeFileSync(file, smokeWith('recovery: { databaseTimeout: 2s }'));
    const { exitCode, scenario } = await drill(`--scenario=${file}`, '--seed=3', `--litestream=${wrapper}`);
    expect(exitCode).toBe(1);
    expect(failed(scenario)).toEqual(expect.arrayContaining([...SABOTAGES['restore-hangs'].checks]));
    expect(scenario.databases.find((database) => database.path === 'system.db')?.detail).toContain('2000 ms');
  });

  const instants = ['instant-ignored', 'instant-too-early', 'instant-torn', 'instant-hangs'] as const;
  it.each(instants)('%s: the newest state is right, and instants are not', async (sabotage) => {
    const wrapper = writeSabotagedLitestream(folder, litestream, sabotage);
    const file = join(folder, `${sabotage}.yaml`);
    const recovery = '{ secondLife: false, databaseTimeout: 5s, instants: { count: 3, within: 6s } }';
    const load = 'workload: { writesPerSecond: 50, duration: 12s }';
    writeFileSync(file, smokeWith(`${load}\ndisaster: { kind: host-loss, at: 12s }\nrecovery: ${recovery}`));
    const { exitCode, scenario } = await drill(`--scenario=${file}`, '--seed=3', `--litestream=${wrapper}`);
    expect(failed(scenario)).toEqual([...SABOTAGES[sabotage].checks]);
    expect(exitCode).toBe(1);
    expect(scenario.instants).toHaveLength(3);
  });

  it('a restore that is rehearsed while the host lives is looked at as well', async () => {
    const wrapper = writeSabotagedLitestream(folder, litestream, 'restore-drops-a-row');
    const file = join(folder, 'rehearsed.yaml');
    const load = 'workload: { writesPerSecond: 50, duration: 12s }';
    const rest =
      'disaster: { kind: host-loss, at: 12s }\nrecovery: { secondLife: false }\nrehearsal: { at: 2s }';
    writeFileSync(file, smokeWith(`${load}\n${rest}`));
    const { scenario } = await drill(`--scenario=${file}`, '--seed=3', `--litestream=${wrapper}`);
    const told = scenario.checks.find(({ id }) => id === 'rehearsal');
    expect(told).toMatchObject({ verdict: 'fail' });
    expect(told?.detail).toContain('system.db');
  });

  it('a replicator that is frozen but alive costs the objective', async () => {
    const wrapper = writeSabotagedLitestream(folder, litestream, 'replicate-frozen');
    const file = join(folder, 'frozen.yaml');
    writeFileSync(
      file,
      smokeWith('workload: { writesPerSecond: 50, duration: 10s }\ndisaster: { kind: host-loss, at: 10s }'),
    );
    const { exitCode, scenario } = await drill(`--scenario=${file}`, '--seed=3', `--litestream=${wrapper}`);
    expect(exitCode).toBe(1);
    expect(scenario.measurements.lostWritesBeyondRpo).toBeGreaterThan(0);
    expect(failed(scenario)).toEqual(expect.arrayContaining([...SABOTAGES['replicate-frozen'].checks]));
  });

  it('an upload after the kill fails the drill, although it makes the restore look better', async () => {
    const wrapper = writeSabotagedLitestream(folder, litestream, 'uploads-after-the-kill');
    const { exitCode, scenario } = await drill('--scenario=smoke', '--seed=3', `--litestream=${wrapper}`);
    expect(exitCode).toBe(1);
    expect(failed(scenario)).toEqual([...SABOTAGES['uploads-after-the-kill'].checks]);
  });
});

describe('a supervisor that starts nothing', () => {
  it('fails as never protected, without a crash', async () => {
    const { exitCode, scenario } = await drill('--scenario=smoke', '--seed=4', '--supervisor=true');
    expect(exitCode).toBe(1);
    expect(scenario.reason).toContain('never protected');
    expect(failed(scenario)).toContain('inventory');
  });
});

describe('a rig that fails', () => {
  /** A drill that is in the middle of its restore. */
  async function restoring() {
    const outputDir = mkdtempSync(join(folder, 'rig-'));
    const run = start(['--scenario=smoke', '--seed=8', '--json', `--output-dir=${outputDir}`]);
    const reached = await waitFor(() => (phaseStarted(outputDir, 'restore') ? true : null), {
      timeoutMs: 60_000,
      everyMs: 5,
      signal,
    });
    expect(reached).toBe(true);
    return { run, outputDir };
  }

  it('a store that dies during the restore: inconclusive, exit code 3, and nobody else is blamed', async () => {
    const { run } = await restoring();
    for (const pid of storePids(run.child.pid ?? 0)) process.kill(pid, 'SIGKILL');
    const ended = await run.ended;
    const result = JSON.parse(ended.stdout) as Result;
    expect(result.verdict).toBe('inconclusive');
    expect(ended.exitCode).toBe(3);
    expect(result.reason).toContain('embedded store ended');
    expect(new Set(result.scenarios[0]?.failures?.map((failure) => failure.class))).toEqual(
      new Set(['store']),
    );
  });

  it('a ledger that loses its end after the kill: inconclusive, and the harness is to blame', async () => {
    const { run, outputDir } = await restoring();
    const [runId = ''] = readdirSync(outputDir);
    const ledger = join(outputDir, runId, 'evidence', 'smoke', 'ledger', 'life-1', 'writer-0.ndjson');
    truncateSync(ledger, Math.floor(statSync(ledger).size / 2));
    const ended = await run.ended;
    const result = JSON.parse(ended.stdout) as Result;
    expect([result.verdict, ended.exitCode]).toEqual(['inconclusive', 3]);
    expect(result.scenarios[0]?.failures?.[0]).toMatchObject({
      class: 'harness',
      code: 'DRILL_E_LEDGER_DAMAGED',
    });
    expect(result.scenarios[0]?.failures?.map((failure) => failure.class)).not.toContain('subject');
  });
});

/** smoke with some of its keys replaced. */
function smokeWith(replaced: string): string {
  const keys = new Set(replaced.split('\n').map((line) => line.split(':')[0]));
  const smoke = readFileSync(fileURLToPath(new URL('../scenarios/smoke.yaml', import.meta.url)), 'utf8');
  const kept = smoke.split(/\n(?=[a-z#])/).filter((block) => !keys.has(block.split(':')[0]));
  return [...kept.map((block) => block.trimEnd()), replaced, ''].join('\n');
}

/** The embedded store of a run: a child of its harness. */
function storePids(harness: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readOrEmpty(`/proc/${pid}/cmdline`).includes('embedded-process'))
    .filter((pid) => readOrEmpty(`/proc/${pid}/status`).includes(`\nPPid:\t${harness}\n`))
    .map(Number);
}
