import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getContainerRuntimeClient } from 'testcontainers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../waiting.ts';
import { minioImage, minioWays } from './choose.ts';
import { findContainerEngine, imageState } from './container-engine.ts';
import { ownerLabels, sweepContainers } from './container-sweep.ts';
import { itKeepsRights } from './minio-rights-suite.ts';
import { openStoreByPlan } from './open.ts';
import type { Store, StoreOptions } from './store.ts';

/** A real MinIO in a container. Needs an engine and the image: `npm run test:container`. */

const signal = new AbortController().signal;
const image = minioImage(process.env);
const client = await getContainerRuntimeClient();
let folder: string;
let store: Store;
let options: StoreOptions;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-container-'));
  expect(await minioWays(process.env, () => undefined).container()).toEqual({
    kind: 'minio',
    runs: 'container',
    image,
  });
  options = storeOptions('rights');
  store = await open(options);
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

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

function open(options: StoreOptions, of = image): Promise<Store> {
  return openStoreByPlan({ kind: 'minio', runs: 'container', image: of }, options);
}

/** Containers of drills, running or not. */
async function containers(): Promise<{ id: string; name: string }[]> {
  const all = await client.container.dockerode.listContainers({ all: true });
  return all
    .map(({ Id, Names }) => ({ id: Id, name: Names[0] ?? '' }))
    .filter(({ name }) => name.startsWith('/rustbaas-drill-minio-'));
}

async function newContainer(before: readonly { id: string }[]): Promise<string> {
  const known = new Set(before.map(({ id }) => id));
  return (await containers()).find(({ id }) => !known.has(id))?.id ?? '';
}

itKeepsRights(() => ({ store, logFile: options.logFile }));

it('two run side by side, and nothing of them is left', async () => {
  const before = await containers();
  const stores = await Promise.all([open(storeOptions('one')), open(storeOptions('two'))]);
  expect(await containers()).toHaveLength(before.length + 2);
  for (const each of stores) await each[Symbol.asyncDispose]();
  expect(await containers()).toEqual(before);
});

it('keeps its log, without a secret in it', () => {
  const log = readFileSync(join(options.logsDir, 'minio.log'), 'utf8');
  expect(log).toContain('MinIO Object Storage Server');
  expect(log).not.toContain(store.writer.secretAccessKey);
  expect(log).not.toMatch(/RootPass|RootUser/);
});

it('says that it ended when it is killed', async () => {
  const before = await containers();
  const killed = await open(storeOptions('killed'));
  await client.container.dockerode.getContainer(await newContainer(before)).kill();
  const why = await waitFor(() => killed.failure(), { timeoutMs: 10_000, everyMs: 20, signal });
  expect(why).toContain("MinIO's container ended");
  await killed[Symbol.asyncDispose]();
  expect(await containers()).toEqual(before);
});

it('an interruption while it starts leaves none', async () => {
  const before = await containers();
  await expect(open({ ...storeOptions('aborted'), signal: AbortSignal.abort() })).rejects.toThrow();
  expect(await containers()).toEqual(before);
});

it('an image that nobody has: it is named, and what to do, within 30 s', async () => {
  const DRILL_MINIO_IMAGE = `nobody-${randomUUID()}/has:this`;
  const startMs = performance.now();
  const ways = minioWays({ ...process.env, DRILL_MINIO_IMAGE }, () => undefined);
  await expect(ways.container()).rejects.toMatchObject({
    code: 'DRILL_E_STORE_START',
    what: expect.stringContaining(DRILL_MINIO_IMAGE) as string,
    fix: expect.stringContaining('DRILL_MINIO_IMAGE') as string,
    exit: 3,
  });
  expect(performance.now() - startMs).toBeLessThan(30_000);
});

it('a name that no image can have is told too', async () => {
  const ways = minioWays({ ...process.env, DRILL_MINIO_IMAGE: 'No Image:' }, () => undefined);
  await expect(ways.container()).rejects.toMatchObject({ code: 'DRILL_E_STORE_START', exit: 3 });
});

it('knows an image that is there', async () => {
  expect(await imageState(await findContainerEngine(process.env), image)).toEqual({ state: 'present' });
});

it('takes the engine that DOCKER_HOST names, and no other when that one does not answer', async () => {
  const { socketPath } = client.container.dockerode.modem as { socketPath?: string };
  if (socketPath !== undefined) {
    const named = await findContainerEngine({ ...process.env, DOCKER_HOST: `unix://${socketPath}` });
    expect(named.description).toContain(client.info.containerRuntime.operatingSystem);
  }
  await expect(
    findContainerEngine({ ...process.env, DOCKER_HOST: 'unix:///none.sock' }),
  ).rejects.toMatchObject({
    what: 'no container engine answers at DOCKER_HOST=unix:///none.sock',
  });
});

it('sweeps what a crashed run left, and neither what is in use nor what another machine owns', async () => {
  const before = await containers();
  const labels = await ownerLabels();
  const create = async (changed: Record<string, string>): Promise<string> => {
    const { id } = await client.container.dockerode.createContainer({
      name: `rustbaas-drill-minio-${randomUUID()}`,
      Image: image,
      Labels: { ...labels, ...changed },
    });
    return id;
  };
  const crashed = await create({ 'rustbaas-drill.owner-pid': String(2 ** 22 - 3) });
  const reused = await create({ 'rustbaas-drill.owner-ticks': '1' });
  const [inUse, elsewhere] = [
    await create({}),
    await create({ 'rustbaas-drill.owner-pid': '4194301', 'rustbaas-drill.owner-machine': 'another' }),
  ];
  try {
    expect(await sweepContainers(client)).toHaveLength(2);
    const left = new Set((await containers()).map(({ id }) => id));
    expect([crashed, reused].map((id) => left.has(id))).toEqual([false, false]);
    expect([inUse, elsewhere].map((id) => left.has(id))).toEqual([true, true]);
  } finally {
    for (const id of [inUse, elsewhere]) {
      await client.container.dockerode.getContainer(id).remove({ force: true });
    }
  }
  expect(await containers()).toEqual(before);
});
