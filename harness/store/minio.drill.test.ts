import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesOfHost } from '../host/process-scan.ts';
import { waitFor } from '../waiting.ts';
import { openStoreByPlan } from './open.ts';
import { findMinioProgram, type MinioProgram } from './minio-program.ts';
import { itKeepsRights } from './minio-rights-suite.ts';
import type { Store, StoreOptions } from './store.ts';

/** A real MinIO as a plain process; without a `minio` on PATH only what needs none. */

const signal = new AbortController().signal;
const minio = await findMinioProgram(process.env).catch(() => null);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-minio-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function storeOptions(name: string): StoreOptions {
  const logsDir = join(folder, name, 'logs');
  mkdirSync(logsDir, { recursive: true });
  return {
    prefix: 'prod',
    logFile: join(folder, name, 'requests.ndjson'),
    logsDir,
    workDir: join(folder, name, 'store'),
    signal,
    keep: false,
    note: () => undefined,
  };
}

function open(program: MinioProgram, options: StoreOptions): Promise<Store> {
  return openStoreByPlan({ kind: 'minio', runs: 'process', program }, options);
}

/** A program of that name that is not MinIO, or not one that works. */
function impostor(name: string, script: string): string {
  const bin = join(folder, name, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'minio'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'minio'), 0o755);
  return bin;
}

describe.skipIf(minio === null)('MinIO as a process', () => {
  let store: Store;
  let options: StoreOptions;
  beforeAll(async () => {
    options = storeOptions('rights');
    store = await open(minio as MinioProgram, options);
  });
  afterAll(async () => store[Symbol.asyncDispose]());

  itKeepsRights(() => ({ store, logFile: options.logFile }));

  it('two run side by side and end without a trace', async () => {
    const [one, two] = [storeOptions('one'), storeOptions('two')];
    const stores = await Promise.all([one, two].map((each) => open(minio as MinioProgram, each)));
    expect(new Set(stores.map(({ writer }) => writer.endpoint)).size).toBe(2);
    for (const each of stores) await each[Symbol.asyncDispose]();
    for (const { workDir } of [one, two]) {
      expect(processesOfHost({ groupId: null, folder: workDir })).toEqual([]);
    }
  });

  it('says that MinIO ended when it is killed', async () => {
    const killed = storeOptions('killed');
    await using dying = await open(minio as MinioProgram, killed);
    const [found] = processesOfHost({ groupId: null, folder: killed.workDir }).filter(({ command }) =>
      command.includes(' server '),
    );
    process.kill(found?.pid ?? 0, 'SIGKILL');
    const why = await waitFor(() => dying.failure(), { timeoutMs: 5000, everyMs: 20, signal });
    expect(why).toContain('MinIO ended: SIGKILL');
  });

  it('keeps no secret in its log', () => {
    const log = readFileSync(join(options.logsDir, 'minio.log'), 'utf8');
    expect(log).not.toContain(store.writer.secretAccessKey);
    expect(log).not.toMatch(/RootPass|RootUser/);
  });
});

describe('a minio on PATH that is none', () => {
  it('is told from a real one by what it says of itself', async () => {
    const PATH = `${impostor('commander', 'echo GNU Midnight Commander')}:/usr/bin:/bin`;
    await expect(findMinioProgram({ PATH })).rejects.toMatchObject({
      code: 'DRILL_E_STORE_START',
      what: expect.stringContaining('is not MinIO') as string,
      exit: 3,
    });
  });

  it('that fails, is named with its words', async () => {
    const PATH = `${impostor('broken', 'echo no such library >&2; exit 127')}:/usr/bin:/bin`;
    await expect(findMinioProgram({ PATH })).rejects.toMatchObject({
      what: expect.stringContaining('does not answer') as string,
      why: expect.stringContaining('no such library') as string,
    });
  });

  it('nothing at all', async () => {
    await expect(findMinioProgram({ PATH: folder })).rejects.toMatchObject({
      what: 'there is no minio program on PATH',
    });
  });

  it('that ends at once when it is started: its last words, and nothing left behind', async () => {
    const options = storeOptions('ends');
    const path = join(impostor('ends', 'echo FATAL the drive is not mine >&2; exit 1'), 'minio');
    await expect(open({ path, version: 'RELEASE.1' }, options)).rejects.toMatchObject({
      code: 'DRILL_E_STORE_START',
      why: 'FATAL the drive is not mine',
      exit: 3,
    });
    expect(processesOfHost({ groupId: null, folder: options.workDir })).toEqual([]);
  });

  it('tries another port when its own was taken meanwhile, and then says so', async () => {
    const options = storeOptions('taken');
    const path = join(
      impostor('taken', 'echo "$4" >> tries; echo "listen: address already in use" >&2; exit 1'),
      'minio',
    );
    await expect(open({ path, version: 'RELEASE.1' }, options)).rejects.toMatchObject({
      why: expect.stringContaining('address already in use') as string,
    });
    const tries = readFileSync(join(options.workDir, 'tries'), 'utf8').trim().split('\n');
    expect(new Set(tries).size).toBe(3);
  });

  it('an interruption ends the wait for it, and it', async () => {
    const options = { ...storeOptions('hangs'), signal: AbortSignal.timeout(500) };
    const path = join(impostor('hangs', 'exec sleep 1000'), 'minio');
    await expect(open({ path, version: 'RELEASE.1' }, options)).rejects.toThrow();
    expect(processesOfHost({ groupId: null, folder: options.workDir })).toEqual([]);
  });
});
