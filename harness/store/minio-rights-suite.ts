import { expect, it } from 'vitest';
import { openS3, type S3Client, type S3Settings } from './s3-client.ts';
import { readRequestLog } from './request-log.ts';
import type { Store } from './store.ts';

const KEY = 'prod/realms/a b/ä+ö.db/x';

/** What a store on MinIO must allow and refuse, however MinIO runs: real requests, refused by MinIO itself. */
export function itKeepsRights(open: () => { readonly store: Store; readonly logFile: string }): void {
  it('both writers put, list, get and delete, with any bytes in a key', async () => {
    const { store } = open();
    for (const writer of [store.writer, store.newWriter]) {
      await as(writer, async (s3) => {
        await s3.put(KEY, 'text');
        expect((await s3.list('prod/')).map(({ key }) => key)).toEqual([KEY]);
        expect(Buffer.from(await s3.get(KEY)).toString()).toBe('text');
        await s3.remove([KEY]);
        expect(await s3.list('prod/')).toEqual([]);
      });
    }
  });

  it('a large object comes back as it was', async () => {
    const { store } = open();
    const bytes = new Uint8Array(12_000_000).map((_, index) => (index * 31) % 251);
    await as(store.writer, (s3) => s3.put('prod/large', bytes));
    expect(Buffer.compare(await as(store.recovery, (s3) => s3.get('prod/large')), bytes)).toBe(0);
    await as(store.writer, (s3) => s3.remove(['prod/large']));
  });

  it('the recovery and the observer read, and can neither put nor delete', async () => {
    const { store } = open();
    await as(store.writer, (s3) => s3.put(KEY, 'text'));
    expect(await store.observer.list('prod/')).toHaveLength(1);
    await expect(store.observer.put('prod/y', 'y')).rejects.toThrow(/Access ?Denied/);
    await as(store.recovery, async (s3) => {
      expect(await s3.list('prod/')).toHaveLength(1);
      await expect(s3.put('prod/y', 'y')).rejects.toThrow(/Access ?Denied/);
      await expect(s3.put('prod/y', new Uint8Array(8_000_000))).rejects.toThrow(/Access ?Denied/);
      await expect(s3.remove([KEY])).rejects.toThrow('AccessDenied');
    });
    expect((await store.observer.list('prod/')).map(({ key }) => key)).toEqual([KEY]);
    await as(store.writer, (s3) => s3.remove([KEY]));
  });

  it('nobody reaches another bucket, and a wrong secret or an unknown key reaches nothing', async () => {
    const { store } = open();
    const refused: [S3Settings, RegExp][] = [
      [{ ...store.writer, bucket: 'other' }, /Access ?Denied/],
      [{ ...store.writer, secretAccessKey: store.recovery.secretAccessKey }, /signature/],
      [{ ...store.writer, accessKeyId: 'AKIA0000000000000000' }, /does not exist/],
    ];
    for (const [settings, message] of refused) {
      await expect(as(settings, (s3) => s3.put('x', 'x'))).rejects.toThrow(message);
    }
  });

  it('everything is in the request log, with who asked', async () => {
    const { store, logFile } = open();
    await as(store.newWriter, (s3) => s3.put('prod/logged', 'text'));
    await as(store.recovery, (s3) => s3.get('prod/logged'));
    await store.observer.list('prod/');
    await as(store.newWriter, (s3) => s3.remove(['prod/logged']));
    await store.settle();
    const { entries, complete } = await readRequestLog(logFile);
    expect(complete).toBe(false); // it goes on
    expect(entries.slice(-4)).toMatchObject([
      { method: 'PUT', role: 'new-writer', status: 200, bytes: 4 },
      { method: 'GET', role: 'recovery', status: 200 },
      { method: 'GET', role: 'observer', status: 200 },
      { method: 'POST', role: 'new-writer', status: 200 },
    ]);
  });

  it('names itself and how it runs', () => {
    const { store } = open();
    expect(store.kind).toBe('minio');
    expect(store.version).toMatch(/^\S+ \((container|process) \S+\)$/);
    expect(store.failure()).toBeNull();
  });
}

async function as<T>(settings: S3Settings, work: (client: S3Client) => Promise<T>): Promise<T> {
  const client = openS3(settings);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
