import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getContainerRuntimeClient } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PHASES, phaseStarted, processesBelow, start, workFolders } from './cli-rig.ts';
import type { Result } from './result.ts';
import { minioImage } from './store/choose.ts';
import { waitFor } from './waiting.ts';

/** Whole drills on a real MinIO in a container: `npm run test:container`. */

const signal = new AbortController().signal;
const { container: engine } = await getContainerRuntimeClient();
const withReaper = process.env['TESTCONTAINERS_RYUK_DISABLED'] !== 'true';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-cli-container-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names of the drills' containers, running or not. */
async function containers(): Promise<string[]> {
  const all = await engine.dockerode.listContainers({ all: true });
  return all.map(({ Names }) => Names[0] ?? '').filter((name) => name.startsWith('/rustbaas-drill-minio-'));
}

async function goneWithin(timeoutMs: number, before: readonly string[]): Promise<string[]> {
  const left = async (): Promise<string[]> => (await containers()).filter((name) => !before.includes(name));
  await waitFor(async () => ((await left()).length === 0 ? true : null), { timeoutMs, everyMs: 100, signal });
  return left();
}

function smoke(name: string, ...more: string[]) {
  const outputDir = mkdtempSync(join(folder, name));
  const run = start(['--scenario=smoke', '--seed=7', '--store=minio', `--output-dir=${outputDir}`, ...more]);
  const reached = async (phase: string): Promise<void> => {
    const options = { timeoutMs: 60_000, everyMs: 10, signal };
    expect(await waitFor(() => (phaseStarted(outputDir, phase) ? true : null), options)).toBe(true);
  };
  return { ...run, outputDir, reached };
}

it('passes, names image and server, keeps the log of MinIO, and leaves no container', async () => {
  const before = await containers();
  const run = smoke('pass-', '--json');
  const { exitCode, stdout, stderr } = await run.ended;
  const { scenarios, runId } = JSON.parse(stdout) as Result;
  expect(scenarios[0]?.verdict).toBe('pass');
  expect(exitCode).toBe(0);
  expect(scenarios[0]?.store.version).toContain(`(container ${minioImage(process.env)})`);
  expect(stderr).toContain(`store: MinIO in a container (${minioImage(process.env)})`);
  expect(existsSync(join(run.outputDir, runId, 'evidence/smoke/logs/minio.log'))).toBe(true);
  expect(await containers()).toEqual(before);
});

it('two drills side by side pass', async () => {
  const before = await containers();
  const ended = await Promise.all([smoke('one-').ended, smoke('two-').ended]);
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(await containers()).toEqual(before);
});

it('a drill that fails leaves none', async () => {
  const before = await containers();
  expect((await smoke('fail-', '--supervisor=true').ended).exitCode).toBe(1);
  expect(await containers()).toEqual(before);
});

it('a drill that runs out of time leaves none', async () => {
  const before = await containers();
  expect((await smoke('late-', '--timeout=5s').ended).exitCode).toBe(3);
  expect(await containers()).toEqual(before);
});

it('a container that is killed during the drill: inconclusive, and nobody else is blamed', async () => {
  const before = await containers();
  const run = smoke('killed-', '--json');
  await run.reached('restore');
  const [name = ''] = (await containers()).filter((each) => !before.includes(each));
  await engine.dockerode.getContainer(name.slice(1)).kill();
  const { exitCode, stdout } = await run.ended;
  expect((JSON.parse(stdout) as Result).reason).toContain("MinIO's container ended");
  expect(exitCode).toBe(3);
  expect(await containers()).toEqual(before);
});

describe('an interruption', () => {
  it.each(PHASES)('SIGINT in phase %s leaves no container', async (phase) => {
    const before = await containers();
    const run = smoke('int-');
    await run.reached(phase);
    run.child.kill('SIGINT');
    expect((await run.ended).exitCode).toBe(130);
    expect(await containers()).toEqual(before);
    expect(processesBelow(run.outputDir)).toEqual([]);
    expect(workFolders(run.outputDir)).toEqual([]);
  });

  it('SIGKILL of the harness: the reaper removes the container, or else the next start does', async () => {
    const before = await containers();
    const run = smoke('kill-');
    await run.reached('load');
    run.child.kill('SIGKILL');
    await run.ended;
    if (withReaper) {
      expect(await goneWithin(30_000, before)).toEqual([]);
      return;
    }
    const left = (await containers()).filter((name) => !before.includes(name));
    expect(left).toHaveLength(1);
    const args = ['--scenario=smoke', '--store=embedded', `--output-dir=${run.outputDir}`];
    const { exitCode, stderr } = await start(args).ended;
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`swept what a crashed run had left: ${left[0]?.slice(1)}`);
    expect(await containers()).toEqual(before);
  });
});

it('an image that nobody has: exit code 3 within 30 s, the image named, nothing started', async () => {
  const image = `nobody-${randomUUID()}/has:this`;
  const env = { HOME: process.env['HOME'], PATH: '/usr/bin:/bin', DRILL_MINIO_IMAGE: image };
  const startMs = performance.now();
  const args = ['--scenario=smoke', '--store=minio', `--output-dir=${folder}/none`];
  const { exitCode, stderr } = await start(args, env).ended;
  expect(performance.now() - startMs).toBeLessThan(30_000);
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`the image ${image} is not there and cannot be pulled`);
  expect(stderr).toContain(`docker pull ${image}`);
  expect(readdirSync(`${folder}/none`)).toEqual([]);
});

it('an image whose program cannot be started: named, within the time of a start, no container left', async () => {
  const before = await containers();
  const image = `drill-not-minio:${randomUUID()}`;
  const { id } = await engine.dockerode.createContainer({ Image: minioImage(process.env) });
  const template = engine.dockerode.getContainer(id);
  const [repo, tag] = image.split(':');
  await template.commit({ repo, tag, changes: 'ENTRYPOINT ["/nothing-of-that-name"]' });
  await template.remove({ force: true });
  try {
    const env = { ...process.env, DRILL_MINIO_IMAGE: image };
    const args = ['--scenario=smoke', '--store=minio', '--json', `--output-dir=${folder}/other`];
    const startMs = performance.now();
    const { exitCode, stdout } = await start(args, env).ended;
    expect(performance.now() - startMs).toBeLessThan(40_000);
    expect(exitCode).toBe(3);
    expect((JSON.parse(stdout) as Result).reason).toContain(
      `MinIO did not start in a container of the image ${image}`,
    );
    expect(await containers()).toEqual(before);
  } finally {
    await engine.dockerode.getImage(image).remove({ force: true });
  }
});
