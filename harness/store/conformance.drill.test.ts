import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeError, DrillError } from '../errors.ts';
import { checkConformance } from './conformance.ts';
import { startEmbeddedStore } from './embedded.ts';
import { type Lying, LIES, startLyingStore } from './lying-store.ts';
import { openS3, type S3Settings } from './s3-client.ts';
import type { Store } from './store.ts';

/** Every lie is told by a real server, over a real connection, in front of a real store. */
let folder: string;
let store: Store;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-conformance-'));
  store = await startEmbeddedStore({ logFile: join(folder, 'requests.ndjson'), prefix: 'prod' });
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function refusal(writer: S3Settings, recovery: S3Settings | null = null): Promise<DrillError> {
  try {
    await checkConformance(writer, recovery, 'prod');
  } catch (error) {
    if (error instanceof DrillError) return error;
    throw error;
  }
  throw new Error('it was taken for a store');
}

async function keys(): Promise<string[]> {
  return (await store.observer.list('')).map(({ key }) => key);
}

it('takes an honest store, leaves nothing in it, and is quick', async () => {
  const startMs = performance.now();
  const { conditionalPut, contact } = await checkConformance(store.writer, store.recovery, 'prod');
  expect(performance.now() - startMs).toBeLessThan(5000);
  expect(conditionalPut).toBe(true);
  expect(contact).toMatchObject({ url: store.writer.endpoint, address: '127.0.0.1', clockSkewMs: 0 });
  expect(await keys()).toEqual([]);
});

const COSTS = {
  'lists without CommonPrefixes': /CommonPrefixes .*Litestream 0\.3 would upload without an error/,
  'lists that end after one page': /in pages of 3 does not give every key/,
  'ranges ignored': /asked for bytes 2 to 5 of 10 it gives 10/,
  'stale reads': /overwritten is still read as it was/,
  'metadata lost': /user metadata is lost \(litestream-timestamp\)/,
  'numbers for characters not understood': /InvalidPart[\s\S]*no database of more than a few MB/,
  'any credential': /a wrong secret is not refused/,
  'deletes acknowledged and not done': /3 of 3 objects are still there/,
} as const;

it.each(Object.entries(COSTS))('%s: found, with what it would cost', async (name, words) => {
  const lying: Lying = LIES[name as keyof typeof COSTS];
  await using liar = await startLyingStore(store.writer.endpoint ?? '', lying);
  const error = await refusal({ ...store.writer, endpoint: liar.endpoint });
  expect(error).toMatchObject({ code: 'DRILL_E_STORE_CONFORMANCE', exit: 3 });
  expect(error.details.join('\n')).toMatch(words);
  expect(liar.lied).not.toEqual([]);
});

it('tells all lies of a store at once', async () => {
  const both: Lying = {
    afterwards: (request, answer) =>
      LIES['metadata lost'].afterwards(request, answer) ??
      LIES['lists without CommonPrefixes'].afterwards(request, answer),
  };
  await using liar = await startLyingStore(store.writer.endpoint ?? '', both);
  const { details } = await refusal({ ...store.writer, endpoint: liar.endpoint });
  expect(details.join('\n')).toMatch(/CommonPrefixes/);
  expect(details.join('\n')).toMatch(/user metadata/);
});

it('says in one line why a store cannot be used at all', async () => {
  const { writer, recovery } = store;
  await using late = await startLyingStore(writer.endpoint ?? '', LIES['a clock six minutes late']);
  await using page = await startLyingStore(writer.endpoint ?? '', LIES['a web page']);
  const cases: readonly [S3Settings, string, RegExp][] = [
    [{ ...writer, endpoint: 'http://127.0.0.1:1' }, 'UNREACHABLE', /nothing listens on that port/],
    [{ ...writer, endpoint: 'http://nowhere.invalid' }, 'UNREACHABLE', /does not resolve/],
    [{ ...writer, endpoint: writer.endpoint?.replace('http', 'https') ?? '' }, 'UNREACHABLE', /TLS/],
    [{ ...writer, endpoint: late.endpoint }, 'REFUSED', /3[56]\d s ahead of/],
    [{ ...writer, endpoint: page.endpoint }, 'REFUSED', /no S3 service/],
    [{ ...writer, bucket: 'elsewhere' }, 'REFUSED', /no bucket elsewhere/],
    [{ ...writer, accessKeyId: 'AKIANOBODY' }, 'REFUSED', /does not know the access key …BODY/],
    [{ ...writer, secretAccessKey: 'wrong' }, 'REFUSED', /secret does not belong to the access key/],
    [recovery, 'REFUSED', /cannot write to the bucket/],
  ];
  for (const [settings, code, words] of cases) {
    const error = await refusal(settings);
    expect(error.code).toBe(`DRILL_E_STORE_${code}`);
    expect(describeError(error)).toMatch(words);
    expect(describeError(error).split('\n')).toHaveLength(3);
    expect(describeError(error)).not.toContain(writer.secretAccessKey);
  }
  expect(await keys()).toEqual([]);
});

it('a recovery credential that may write is not one', async () => {
  const { details } = await refusal(store.writer, store.newWriter);
  expect(details.map((line) => line.split(' (')[0])).toEqual([
    'the recovery credential may write',
    'the recovery credential may delete',
  ]);
  expect(await keys()).toEqual([]);
});

it('touches nothing of what is there already', async () => {
  const client = openS3(store.writer);
  await client.put('prod/system.db/x', 'kept');
  await checkConformance(store.writer, store.recovery, 'prod');
  expect(await keys()).toEqual(['prod/system.db/x']);
  await client.remove(['prod/system.db/x']);
  client.close();
});
