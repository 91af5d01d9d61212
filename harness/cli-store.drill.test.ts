import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phaseStarted, processesBelow, start, workFolders } from './cli-rig.ts';
import { findLitestream } from './litestream/binary.ts';
import type { Result } from './result.ts';
import { type LitestreamSabotage, writeSabotagedLitestream } from './sabotaged-litestream.ts';
import { findMinioProgram } from './store/minio-program.ts';
import { waitFor } from './waiting.ts';

/** Which store a drill takes on a machine that has this and lacks that; MinIO as a process through the whole program. */

const NO_ENGINE = 'unix:///nobody/listens.sock';
const signal = new AbortController().signal;
const minio = await findMinioProgram(process.env).catch(() => null);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-cli-store-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An environment without a container engine and, unless it is asked for, without a minio program. */
function machine(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { HOME: process.env['HOME'], PATH: '/usr/bin:/bin', DOCKER_HOST: NO_ENGINE, ...env };
}

async function autoTakes(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await start(['doctor', '--json', `--output-dir=${folder}/doctor`], env).ended;
  const { checks } = JSON.parse(stdout) as { checks: { name: string; found: string }[] };
  return checks.find(({ name }) => name === 'store')?.found ?? '';
}

describe('--store=auto', () => {
  it('without an engine and without a minio program is the embedded store, and says why', async () => {
    expect(await autoTakes(machine())).toBe(
      'auto takes embedded (in memory, in a process of its own), because no container engine answers at ' +
        `DOCKER_HOST=${NO_ENGINE}, and there is no minio program on PATH`,
    );
  });

  it.skipIf(minio === null)('without an engine is the minio on PATH', async () => {
    expect(await autoTakes(machine({ PATH: process.env['PATH'] ?? '' }))).toBe(
      `auto takes MinIO as a process (${minio?.path}), because no container engine answers at DOCKER_HOST=${NO_ENGINE}`,
    );
  });
});

describe('--store=minio on a machine that has none: exit code 3 within 30 s, and nothing was started', () => {
  async function refused(env: NodeJS.ProcessEnv): Promise<string> {
    const outputDir = mkdtempSync(join(folder, 'refused-'));
    const startMs = performance.now();
    const ended = await start(['--scenario=smoke', '--store=minio', `--output-dir=${outputDir}`], env).ended;
    expect(performance.now() - startMs).toBeLessThan(30_000);
    expect(ended).toMatchObject({ exitCode: 3, stdout: '' });
    expect(readdirSync(outputDir)).toEqual([]);
    return ended.stderr;
  }

  it('says every reason and what to do', async () => {
    const stderr = await refused(machine());
    expect(stderr).toContain('[DRILL_E_STORE_START] there is no MinIO to drill on');
    expect(stderr).toContain(`no container engine answers at DOCKER_HOST=${NO_ENGINE}`);
    expect(stderr).toContain('there is no minio program on PATH');
    expect(stderr).toMatch(/do: {2}start Docker .* --store=embedded/);
  });

  it('an engine that takes the call and never answers', async () => {
    const silent = createServer((socket) => void socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const { port } = silent.address() as AddressInfo;
      const stderr = await refused(machine({ DOCKER_HOST: `tcp://127.0.0.1:${port}` }));
      expect(stderr).toContain(
        `no container engine answers at DOCKER_HOST=tcp://127.0.0.1:${port}: no answer within`,
      );
    } finally {
      silent.close();
    }
  });

  it('a DOCKER_HOST that is no address', async () => {
    expect(await refused(machine({ DOCKER_HOST: 'somewhere else' }))).toContain('DOCKER_HOST=somewhere else');
  });
});

describe.skipIf(minio === null)('a drill on MinIO as a process', () => {
  const env = machine({ PATH: process.env['PATH'] ?? '' });

  it('passes smoke, names its store, and says why it is no container', async () => {
    const outputDir = mkdtempSync(join(folder, 'smoke-'));
    const args = ['--scenario=smoke', '--seed=11', '--store=minio', '--json', `--output-dir=${outputDir}`];
    const { exitCode, stdout, stderr } = await start(args, env).ended;
    const { scenarios, repeatCommand } = JSON.parse(stdout) as Result;
    expect(scenarios[0]?.verdict).toBe('pass');
    expect(exitCode).toBe(0);
    expect(scenarios[0]?.store).toMatchObject({
      kind: 'minio',
      version: expect.stringMatching(/ \(process .*minio\)$/) as string,
    });
    expect(stderr).toContain(
      `store: MinIO as a process (${minio?.path}), because no container engine answers`,
    );
    expect(repeatCommand).toContain('--store=minio');
    expect(workFolders(outputDir)).toEqual([]);
  });

  const lies: readonly [LitestreamSabotage, string][] = [
    ['uploads-after-the-kill', 'no-late-uploads'],
    ['restore-from-a-hidden-copy', 'clean-host'],
  ];
  it.each(lies)('%s: what the proxy has seen makes %s fail', async (sabotage, check) => {
    const wrapper = writeSabotagedLitestream(
      folder,
      (await findLitestream(null, process.env)).path,
      sabotage,
    );
    const outputDir = mkdtempSync(join(folder, 'lie-'));
    const args = ['--scenario=smoke', '--seed=3', '--store=minio', '--json', `--litestream=${wrapper}`];
    const { exitCode, stdout } = await start([...args, `--output-dir=${outputDir}`], env).ended;
    const [scenario] = (JSON.parse(stdout) as Result).scenarios;
    const failed = scenario?.checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
    expect(failed).toEqual([check]);
    expect(exitCode).toBe(1);
  });

  it.each(['store', 'load', 'restore'])('SIGINT in phase %s ends it too', async (phase) => {
    const outputDir = mkdtempSync(join(folder, 'int-'));
    const run = start(['--scenario=smoke', '--seed=5', '--store=minio', `--output-dir=${outputDir}`], env);
    await reached(outputDir, phase);
    run.child.kill('SIGINT');
    expect((await run.ended).exitCode).toBe(130);
    expect(processesBelow(outputDir)).toEqual([]);
    expect(workFolders(outputDir)).toEqual([]);
  });

  it('does not outlive a harness that was killed', async () => {
    const outputDir = mkdtempSync(join(folder, 'kill-'));
    const run = start(['--scenario=smoke', '--seed=6', '--store=minio', `--output-dir=${outputDir}`], env);
    await reached(outputDir, 'load');
    expect(processesBelow(outputDir).some((command) => command.includes('minio server'))).toBe(true);
    run.child.kill('SIGKILL');
    const gone = await waitFor(() => (processesBelow(outputDir).length === 0 ? true : null), {
      timeoutMs: 5000,
      everyMs: 20,
      signal,
    });
    expect(gone).toBe(true);
  });
});

async function reached(outputDir: string, phase: string): Promise<void> {
  const options = { timeoutMs: 60_000, everyMs: 10, signal };
  expect(await waitFor(() => (phaseStarted(outputDir, phase) ? true : null), options)).toBe(true);
}
