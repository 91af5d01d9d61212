import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AccessKey, newAccessKeys } from './access-key.ts';
import { createBucket } from './create-bucket.ts';
import type { EmbeddedOptions } from './request-log.ts';
import { openS3, type S3Settings } from './s3-client.ts';
import { startService } from './service-process.ts';
import type { Store, StoreOptions } from './store.ts';

const PROGRAM = fileURLToPath(new URL('embedded-process.ts', import.meta.url));
/** An upload whose bytes were already under way at a kill is taken in within this time. */
const SETTLE_MS = 250;
const BUCKET = 'drill';
const BLOB_BUCKET = 'drill-blobs';

/** Starts the embedded store (fauxqs, in memory, in a process of its own) and makes its buckets. */
export async function startEmbeddedStore(options: Pick<StoreOptions, 'logFile' | 'prefix'>): Promise<Store> {
  const { keys, roles } = newAccessKeys();
  const secrets = Object.fromEntries(Object.values(keys).map(({ id, secret }) => [id, secret]));
  const buckets = [BUCKET, BLOB_BUCKET];
  const embedded: EmbeddedOptions = { buckets, logFile: options.logFile, roles, secrets };
  const service = await startService('the embedded store', PROGRAM, embedded);
  const settings = (key: AccessKey): S3Settings => ({
    endpoint: service.endpoint,
    region: 'us-east-1',
    bucket: BUCKET,
    accessKeyId: key.id,
    secretAccessKey: key.secret,
    forcePathStyle: true,
  });
  const observer = openS3(settings(keys.observer));
  for (const bucket of buckets) await createBucket({ ...settings(keys.observer), bucket });
  return {
    kind: 'embedded',
    version: 'fauxqs',
    writer: settings(keys.writer),
    newWriter: settings(keys.newWriter),
    recovery: settings(keys.recovery),
    observer,
    saboteur: settings(keys.saboteur),
    prefix: options.prefix,
    blobBucket: BLOB_BUCKET,
    uploadWatch: 'request-log',
    failure: () => service.failure(),
    settle: async () => {
      await observer.list(`${options.prefix}/`);
      await sleep(SETTLE_MS);
    },
    [Symbol.asyncDispose]: async () => {
      observer.close();
      await service[Symbol.asyncDispose]();
    },
  };
}
