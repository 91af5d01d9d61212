import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI, PHASES, phaseStarted, processesBelow, start, workFolders } from './cli-rig.ts';
import { filesWithSecrets } from './secrets.ts';
import { waitFor } from './waiting.ts';

/** The whole program, interrupted in every phase. Which Litestream it is makes no difference to that. */

const signal = new AbortController().signal;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-interrupted-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an interruption', () => {
  it.each(PHASES)('SIGINT in phase %s cleans up and exits 130', async (phase) => {
    const outputDir = mkdtempSync(join(folder, 'int-'));
    const run = start(['--scenario=smoke', '--seed=5', `--output-dir=${outputDir}`]);
    const reached = await waitFor(() => (phaseStarted(outputDir, phase) ? true : null), {
      timeoutMs: 60_000,
      everyMs: 10,
      signal,
    });
    expect(reached).toBe(true);
    run.child.kill('SIGINT');
    expect((await run.ended).exitCode).toBe(130);
    expect(processesBelow(outputDir)).toEqual([]);
    expect(workFolders(outputDir)).toEqual([]);
  });

  it('leaves no secret in what the processes of the host have written', async () => {
    const outputDir = mkdtempSync(join(folder, 'secret-'));
    const secret = 'planted-and-interrupted';
    const supervisor = `echo ${secret} >&2; exec "${process.execPath}" "${CLI}" supervise`;
    const run = start(
      ['--scenario=smoke', '--seed=5', `--supervisor=${supervisor}`, `--output-dir=${outputDir}`],
      { ...process.env, SUPERVISOR_PASSWORD: secret },
    );
    await waitFor(() => (phaseStarted(outputDir, 'load') ? true : null), {
      timeoutMs: 60_000,
      everyMs: 10,
      signal,
    });
    run.child.kill('SIGINT');
    expect((await run.ended).exitCode).toBe(130);
    const logs = readdirSync(outputDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('supervisor.log'),
    );
    expect(logs.map((name) => readFileSync(join(outputDir, name), 'utf8'))).toEqual([
      expect.stringContaining('[redacted]'),
    ]);
    expect(filesWithSecrets(outputDir, [secret])).toEqual([]);
  });

  it('SIGKILL of the harness leaves no process for longer than 5 s, and the next start sweeps its folder', async () => {
    const outputDir = mkdtempSync(join(folder, 'kill-'));
    const run = start(['--scenario=smoke', '--seed=6', `--output-dir=${outputDir}`]);
    await waitFor(() => (phaseStarted(outputDir, 'load') ? true : null), {
      timeoutMs: 60_000,
      everyMs: 10,
      signal,
    });
    expect(processesBelow(outputDir).length).toBeGreaterThan(2);
    run.child.kill('SIGKILL');
    const gone = await waitFor(() => (processesBelow(outputDir).length === 0 ? true : null), {
      timeoutMs: 5000,
      everyMs: 20,
      signal,
    });
    expect(gone).toBe(true);
    expect(workFolders(outputDir)).toHaveLength(1);
    expect(
      (await start(['--scenario=smoke', '--seed=6', `--output-dir=${outputDir}`, '--quiet']).ended).exitCode,
    ).toBe(0);
    expect(workFolders(outputDir)).toEqual([]);
  });
});
