import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  drillJson,
  type EndedDrill,
  failedChecks,
  phaseStarted,
  readOrEmpty,
  start as startProgram,
} from './cli-rig.ts';
import { litestreamUnderTest } from './litestream/under-test.ts';
import type { Result } from './result.ts';
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

function drill(...args: string[]): Promise<EndedDrill> {
  return drillJson(folder, args, litestream);
}

describe('a sound subject', () => {
  let first: EndedDrill;
  beforeAll(async () => {
    first = await drill('--scenario=smoke', '--seed=77');
  });

  it('passes smoke: every row compared, RPO and RTO measured, and the saved run judged again to the byte', async () => {
    const { exitCode, result, scenario } = first;
    expect(scenario, scenario.reason).toMatchObject({ verdict: 'pass', seed: 77 });
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
    const second = await drill('--scenario=smoke', '--seed=77');
    expect(second.scenario.planDigest).toBe(first.scenario.planDigest);
    expect(second.scenario.fleetDigest).toBe(first.scenario.fleetDigest);
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

describe('a supervisor that starts nothing', () => {
  it('fails as never protected, without a crash', async () => {
    const { exitCode, scenario } = await drill('--scenario=smoke', '--seed=4', '--supervisor=true');
    expect(exitCode).toBe(1);
    expect(scenario.reason).toContain('never protected');
    expect(failedChecks(scenario)).toContain('inventory');
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
    expect(result.verdict, result.reason).toBe('inconclusive');
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

/** The embedded store of a run: a child of its harness. */
function storePids(harness: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readOrEmpty(`/proc/${pid}/cmdline`).includes('embedded-process'))
    .filter((pid) => readOrEmpty(`/proc/${pid}/status`).includes(`\nPPid:\t${harness}\n`))
    .map(Number);
}
