import { expect, test } from 'vitest';
import type { S3Client, S3Settings } from '../store/s3-client.ts';
import { checkBucket, checkOpenFiles, databaseCapacity } from './preflight.ts';

const SETTINGS: S3Settings = {
  endpoint: 'http://127.0.0.1:9000',
  region: 'us-east-1',
  bucket: 'b',
  accessKeyId: 'AKIA',
  secretAccessKey: 'secret',
  forcePathStyle: true,
};

function fakeStore(overrides: Partial<S3Client> = {}): {
  client: S3Client;
  objects: Map<string, Uint8Array>;
} {
  const objects = new Map<string, Uint8Array>();
  const client: S3Client = {
    list: () => Promise.resolve([]),
    look: () => Promise.resolve(),
    put: async (key, body) => void objects.set(key, Buffer.from(body)),
    get: (key) => Promise.resolve(objects.get(key) ?? new Uint8Array()),
    read: () => Promise.resolve(null),
    putOver: () => Promise.resolve(null),
    remove: async (keys) => keys.forEach((key) => objects.delete(key)),
    contact: () => null,
    close: () => undefined,
    ...overrides,
  };
  return { client, objects };
}

test('eight open files a database and some besides', () => {
  expect(databaseCapacity(1024)).toBe(120);
  expect(() => checkOpenFiles(120, 1024)).not.toThrow();
  expect(() => checkOpenFiles(121, 1024)).toThrow(/1024 open files is too low for 121 databases/);
  expect(() => checkOpenFiles(1)).not.toThrow();
});

test('a working bucket is left as it was', async () => {
  const { client, objects } = fakeStore();
  await checkBucket(client, SETTINGS, 'prod');
  expect(objects.size).toBe(0);
});

test.for([
  [
    'refused',
    Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }),
    'DRILL_E_STORE_REFUSED',
  ],
  ['unreachable', new Error('ECONNREFUSED'), 'DRILL_E_STORE_UNREACHABLE'],
  [
    'broken',
    Object.assign(new Error('oops'), { $metadata: { httpStatusCode: 500 } }),
    'DRILL_E_STORE_UNREACHABLE',
  ],
] as const)('a store that is %s is told apart', async ([, error, code]) => {
  for (const call of ['list', 'put', 'get', 'remove'] as const) {
    const { client } = fakeStore({ [call]: () => Promise.reject(error) });
    await expect(checkBucket(client, SETTINGS, 'prod'), call).rejects.toMatchObject({ code, exit: 3 });
  }
});

test('a store that gives back other bytes is refused', async () => {
  const { client } = fakeStore({ get: () => Promise.resolve(Buffer.from('other')) });
  await expect(checkBucket(client, SETTINGS, 'prod')).rejects.toMatchObject({
    code: 'DRILL_E_STORE_REFUSED',
  });
});

test.for([
  [301_000, 'ahead of'],
  [-301_000, 'behind'],
] as const)(
  'a clock that is %i ms off is named before Litestream fails on it',
  async ([clockSkewMs, words]) => {
    const contact = { url: 'http://127.0.0.1:9000', address: null, server: null, clockSkewMs };
    const { client, objects } = fakeStore({ contact: () => contact });
    await expect(checkBucket(client, SETTINGS, 'prod')).rejects.toMatchObject({
      code: 'DRILL_E_STORE_REFUSED',
      what: expect.stringContaining(`301 s ${words}`),
      exit: 3,
    });
    expect(objects.size).toBe(0);
  },
);
