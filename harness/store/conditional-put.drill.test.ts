import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { leaseKey } from '../supervisor/lease-record.ts';
import { probeConditionalPut } from '../supervisor/lease-store.ts';
import { startEmbeddedStore } from './embedded.ts';
import { openS3, type S3Client } from './s3-client.ts';
import type { Store } from './store.ts';

let folder: string;
let store: Store;
let client: S3Client;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conditional-'));
  store = await startEmbeddedStore({ logFile: join(folder, 'requests.ndjson'), prefix: 'prod' });
  client = openS3(store.writer);
});
afterEach(async () => {
  client.close();
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const signal = AbortSignal.timeout(60_000);
const key = leaseKey('prod');

test('of many that write over the same version one succeeds, round after round', async () => {
  let etag: string | null = null;
  for (let round = 0; round < 30; round++) {
    const over: string | null = etag;
    const answers: (string | null)[] = await Promise.all(
      Array.from({ length: 12 }, (_, i) => client.putOver(key, `${round}/${i}`, over, signal)),
    );
    const winners = answers.flatMap((answer, i) => (answer === null ? [] : [{ answer, i }]));
    expect(winners.length).toBe(1);
    const found = await client.read(key, signal);
    expect(Buffer.from(found?.body ?? []).toString()).toBe(`${round}/${winners[0]?.i}`);
    expect(found?.etag).toBe(winners[0]?.answer);
    etag = winners[0]?.answer ?? null;
  }
});

test('an object that was deleted can be written over nothing again, and not over its old version', async () => {
  const first = await client.putOver(key, 'one', null, signal);
  await client.remove([key]);
  expect(await client.read(key, signal)).toBeNull();
  expect(await client.putOver(key, 'two', first, signal)).toBeNull();
  expect(await client.putOver(key, 'three', null, signal)).not.toBeNull();
});

test('an unconditional write is a new version too', async () => {
  const first = await client.putOver(key, 'one', null, signal);
  await client.put(key, 'two');
  expect(await client.putOver(key, 'three', first, signal)).toBeNull();
  expect(await client.putOver(key, 'four', null, signal)).toBeNull();
});

test('the probe tells a store that refuses from one that does not, and leaves nothing behind', async () => {
  expect(await probeConditionalPut(client, 'prod')).toBe(true);
  const careless: S3Client = {
    ...client,
    putOver: async (key, body) => {
      await client.put(key, body);
      return '"always"';
    },
  };
  expect(await probeConditionalPut(careless, 'prod')).toBe(false);
  expect(await client.list('')).toEqual([]);
});

test('a bucket that is not there is an error, not an absent object', async () => {
  const elsewhere = openS3({ ...store.writer, bucket: 'no-such-bucket' });
  await expect(elsewhere.read(key, signal)).rejects.toThrow();
  await expect(elsewhere.putOver(key, 'x', null, signal)).rejects.toThrow();
  elsewhere.close();
});
