import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monotonicUs } from '../clock.ts';
import { type FaultyRole, storeFaultSchema } from '../scenario/store-fault.ts';
import { startEmbeddedStore } from './embedded.ts';
import { readRequestLog, type RequestLogEntry } from './request-log.ts';
import type { S3Settings } from './s3-client.ts';
import type { Store } from './store.ts';

/** Every fault between a real S3 client and a real store: what its client sees, what the store holds, what the log says. */

let folder: string;
let store: Store;
const clients: S3Client[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-faults-'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function open(...faults: object[]): Promise<void> {
  const declared = faults.map((fault, index) => storeFaultSchema.parse({ id: `f${index}`, ...fault }));
  store = await startEmbeddedStore({
    logFile: join(folder, 'requests.ndjson'),
    prefix: 'prod',
    faults: { declared, seed: 1 },
  });
}

/** A client that never tries twice. */
function as(settings: S3Settings): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = settings;
  const client = new S3Client({
    endpoint: endpoint ?? '',
    region,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
  });
  clients.push(client);
  return client;
}

const KEY = { Bucket: 'drill', Key: 'prod/a.db/x' };
const BODY = Buffer.alloc(300_000, 'x');

function put(client: S3Client, body: Buffer = BODY): Promise<unknown> {
  return client.send(new PutObjectCommand({ ...KEY, Body: body }));
}

async function get(client: S3Client): Promise<Uint8Array | undefined> {
  return (await client.send(new GetObjectCommand(KEY))).Body?.transformToByteArray();
}

async function begin(role: FaultyRole = 'writer'): Promise<void> {
  await store.faults?.begin(role, monotonicUs());
}

async function end(role: FaultyRole = 'writer'): Promise<Readonly<Record<string, number>> | undefined> {
  return store.faults?.end(role);
}

async function log(wanted: Partial<RequestLogEntry>): Promise<RequestLogEntry[]> {
  await store.settle();
  await sleep(50);
  const { entries } = await readRequestLog(join(folder, 'requests.ndjson'));
  return entries.filter((entry) =>
    Object.entries(wanted).every(([name, value]) => entry[name as keyof RequestLogEntry] === value),
  );
}

async function held(): Promise<string[]> {
  return (await store.observer.list('prod/')).map(({ key }) => key);
}

describe('a status in the place of the store', () => {
  it.each([
    [403, 'ExpiredToken'],
    [408, 'RequestTimeout'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [503, 'SlowDown'],
  ] as const)('%i says %s as S3 does, and the store never sees the request', async (status, name) => {
    await open({ kind: 'store-status', status });
    const writer = as(store.writer);
    await begin();
    await expect(put(writer)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(await end()).toEqual({ f0: 1 });
    expect(await held()).toEqual([]);
    expect(await log({ role: 'writer', method: 'PUT' })).toMatchObject([{ status, fault: 'f0' }]);
    await put(writer);
    expect(await held()).toEqual([KEY.Key]);
    expect((await log({ role: 'writer', method: 'PUT', status: 200 })).map(({ fault }) => fault)).toEqual([
      undefined,
    ]);
  });
});

it('a revoked key is refused as S3 does, and the one in its place is good', async () => {
  await open({ kind: 'store-key-revoked', from: '0s' });
  const { writer, rotatedWriter } = store;
  if (rotatedWriter === undefined) throw new Error('no second key');
  await begin();
  const refusal = { name: 'InvalidAccessKeyId', $metadata: { httpStatusCode: 403 } };
  await expect(put(as(writer))).rejects.toMatchObject(refusal);
  await put(as(rotatedWriter));
  expect(await end()).toEqual({ f0: 1 });
  expect(await held()).toEqual([KEY.Key]);
  const puts = await log({ role: 'writer', method: 'PUT' });
  expect(puts.map(({ status, fault }) => [status, fault])).toEqual([
    [403, 'f0'],
    [200, undefined],
  ]);
});

describe('clocks that are apart', () => {
  /** A client whose clock is the real one, and that never corrects it: its only try is the first one. */
  const apart = (by: string, clock: string): object => ({ kind: 'store-clock-skew', by, clock });

  it.each(['ahead', 'behind'])('20 minutes %s: refused as S3 does, with its own time', async (clock) => {
    await open(apart('20m', clock));
    const writer = as(store.writer);
    await begin();
    const refused = await put(writer).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'RequestTimeTooSkewed', $metadata: { httpStatusCode: 403 } });
    const date = (refused as { $response: { headers: { date: string } } }).$response.headers.date;
    const skewMs = Date.now() - Date.parse(date);
    expect(Math.abs(skewMs - (clock === 'ahead' ? 1 : -1) * 20 * 60_000)).toBeLessThan(5000);
    expect(await held()).toEqual([]);
    // The same client has heard what time it is there, and signs by that: the store behind takes it all the same.
    await put(writer);
    expect(await held()).toEqual([KEY.Key]);
    expect(await get(writer)).toHaveLength(BODY.length);
    expect(await end()).toEqual({ f0: 3 });
    expect(await log({ role: 'writer', method: 'PUT' })).toMatchObject([
      { status: 403, fault: 'f0', passedOn: false },
      { status: 200, fault: 'f0', passedOn: true },
    ]);
  });

  it('a wrong secret stays wrong', async () => {
    await open(apart('10m', 'ahead'));
    await begin();
    const writer = as({ ...store.writer, secretAccessKey: 'guessed' });
    await expect(put(writer)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  it('of the host alone: everybody else has the right time', async () => {
    await open(apart('20m', 'ahead'));
    await begin();
    await expect(get(as(store.recovery))).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await end()).toEqual({ f0: 0 });
  });
});

describe('a refused connection', () => {
  it('is a real one, cuts who is connected, and is over at the end of its window', async () => {
    await open({ kind: 'store-refused', from: '100ms', for: '400ms' });
    const writer = as(store.writer);
    await put(writer);
    await begin();
    await sleep(200);
    await expect(put(writer)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    // Neither harness, nor new host, nor recovery is met.
    expect(await held()).toEqual([KEY.Key]);
    await put(as(store.newWriter));
    expect(await get(as(store.recovery))).toHaveLength(BODY.length);
    await sleep(400);
    await put(writer);
    expect(await end()).toEqual({ f0: 1 });
  });

  it('is over with its phase, and the connection that it cut in the middle of an upload is in the log', async () => {
    await open({ kind: 'store-refused', from: '300ms' }, { kind: 'store-slow', bytesPerSecond: 100_000 });
    const writer = as(store.writer);
    await begin();
    await expect(put(writer)).rejects.toThrow();
    await expect(put(writer)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await end()).toEqual({ f0: 1, f1: 1 });
    await put(writer);
    const entries = await log({ role: 'writer', method: 'PUT' });
    expect(entries.map(({ status, fault }) => [status, fault])).toEqual([
      [0, 'f0'],
      [200, undefined],
    ]);
  });
});

describe('a connection that breaks off', () => {
  it('in an upload: nothing reaches the store', async () => {
    await open({ kind: 'store-reset', count: 1 });
    const writer = as(store.writer);
    await begin();
    await expect(put(writer)).rejects.toThrow(/ECONNRESET|EPIPE|socket hang up/);
    expect(await held()).toEqual([]);
    await put(writer);
    expect(await held()).toEqual([KEY.Key]);
    expect(await end()).toEqual({ f0: 1 });
    expect(await log({ role: 'writer', fault: 'f0' })).toMatchObject([{ method: 'PUT', status: 0 }]);
  });

  it.each([['store-reset'], ['store-truncated']])('in an answer: %s hands out only a part', async (kind) => {
    await open({ kind, role: 'recovery', methods: ['GET'] });
    await put(as(store.writer));
    await begin('recovery');
    await expect(get(as(store.recovery))).rejects.toThrow(/aborted|ECONNRESET|terminated/);
    expect(await end('recovery')).toEqual({ f0: 1 });
    expect(await log({ fault: 'f0' })).toMatchObject([{ role: 'recovery', method: 'GET', status: 0 }]);
    expect(await get(as(store.recovery))).toHaveLength(BODY.length);
  });

  it('after an upload: the store has it, and its client hears nothing', async () => {
    await open({ kind: 'store-truncated', methods: ['PUT'] });
    await begin();
    await expect(put(as(store.writer))).rejects.toThrow(/socket hang up|ECONNRESET|EPIPE/);
    expect(await held()).toEqual([KEY.Key]);
  });
});

describe('a slow store', () => {
  it('answers later, and counts as itself in the log', async () => {
    await open({ kind: 'store-slow', latency: { min: '200ms', max: '300ms' }, methods: ['LIST'] });
    const writer = as(store.writer);
    await begin();
    const startMs = performance.now();
    await writer.send(new ListObjectsV2Command({ Bucket: 'drill' }));
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThan(200);
    expect(tookMs).toBeLessThan(600);
    expect(await log({ role: 'writer', method: 'GET' })).toMatchObject([{ status: 200, fault: 'f0' }]);
  });

  it('shares a narrow line among all bodies, whole in both directions', async () => {
    await open(
      { kind: 'store-slow', bytesPerSecond: 600_000 },
      { kind: 'store-slow', bytesPerSecond: 600_000, role: 'recovery' },
    );
    await begin();
    await begin('recovery');
    const startMs = performance.now();
    const writer = as(store.writer);
    await Promise.all([put(writer), put(writer)]);
    expect(performance.now() - startMs).toBeGreaterThan(950);
    const betweenMs = performance.now();
    expect(Buffer.compare((await get(as(store.recovery))) ?? Buffer.alloc(0), BODY)).toBe(0);
    expect(performance.now() - betweenMs).toBeGreaterThan(450);
  });
});

it('a stall takes a request and never answers, and does not hold up the end of the drill', async () => {
  await open({ kind: 'store-stall', count: 1 });
  const writer = as(store.writer);
  await begin();
  const give = new AbortController();
  const stalled = writer.send(new PutObjectCommand({ ...KEY, Body: BODY }), { abortSignal: give.signal });
  const outcome = await Promise.race([stalled.then(() => 'answered'), sleep(500).then(() => 'waits')]);
  expect(outcome).toBe('waits');
  await put(writer);
  give.abort();
  await expect(stalled).rejects.toThrow();
  expect(await end()).toEqual({ f0: 1 });
  await store.settle();
  expect(await log({ fault: 'f0' })).toMatchObject([{ status: 0 }]);
});

it('what is still on a narrow line when its host has died is lost, and nobody waits for it', async () => {
  await open({ kind: 'store-slow', bytesPerSecond: 10_000 });
  await begin();
  const give = new AbortController();
  const writer = as(store.writer);
  const slow = writer.send(new PutObjectCommand({ ...KEY, Body: BODY }), { abortSignal: give.signal });
  await sleep(300);
  give.abort();
  await expect(slow).rejects.toThrow();
  expect(await end()).toEqual({ f0: 1 });
  const startMs = performance.now();
  await store.settle();
  expect(performance.now() - startMs).toBeLessThan(3000);
  expect(await held()).toEqual([]);
});
