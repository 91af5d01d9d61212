import { messageOf } from '../errors.ts';
import { ownProgram } from '../litestream/own-program.ts';
import { type AccessKey, newAccessKeys } from './access-key.ts';
import { ResourceStack } from '../resources.ts';
import { createBucket } from './create-bucket.ts';
import { notSettled } from './not-settled.ts';
import { startProxy } from './proxy.ts';
import type { DooredRole, EmbeddedOptions } from './request-log.ts';
import { openS3, type S3Settings } from './s3-client.ts';
import { startService } from './service-process.ts';
import { ANSWER_TIMEOUT_MS } from './settle-limits.ts';
import type { Store, StoreOptions } from './store.ts';

const PROGRAM = ownProgram('embedded-process.ts', import.meta.url);
const BUCKET = 'drill';
const BLOB_BUCKET = 'drill-blobs';

/**
 * Starts the embedded store (fauxqs, in memory, in a process of its own) and makes its buckets. Where faults are declared
 * the same proxy stands in front of it as of any other store, and keeps the log in its place.
 */
export async function startEmbeddedStore(
  options: Pick<StoreOptions, 'logFile' | 'prefix' | 'faults'>,
): Promise<Store> {
  const resources = new ResourceStack();
  try {
    return await open(options, resources);
  } catch (error) {
    // The first error is the one to tell.
    await resources[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
}

async function open(
  { logFile, prefix, faults }: Pick<StoreOptions, 'logFile' | 'prefix' | 'faults'>,
  resources: ResourceStack,
): Promise<Store> {
  const { keys, roles } = newAccessKeys();
  const secrets = Object.fromEntries(Object.values(keys).map(({ id, secret }) => [id, secret]));
  const buckets = [BUCKET, BLOB_BUCKET];
  const embedded: EmbeddedOptions = {
    buckets,
    logFile: faults === undefined ? logFile : null,
    roles,
    secrets,
  };
  const service = resources.use(await startService('the embedded store', PROGRAM, embedded));
  const proxy =
    faults === undefined
      ? null
      : resources.use(
          await startProxy({
            upstream: service.endpoint,
            logFile,
            roles,
            secrets,
            hostKey: keys.writer.id,
            faults: faults.declared,
            seed: faults.seed,
          }),
        );
  const settings = (key: AccessKey, role: DooredRole | null): S3Settings => ({
    endpoint: (role === null ? proxy?.endpoint : proxy?.endpointOf(role)) ?? service.endpoint,
    region: 'us-east-1',
    bucket: BUCKET,
    accessKeyId: key.id,
    secretAccessKey: key.secret,
    forcePathStyle: true,
  });
  const observer = openS3(settings(keys.observer, null));
  resources.defer(() => observer.close());
  for (const bucket of buckets) await createBucket({ ...settings(keys.observer, null), bucket });
  return {
    kind: 'embedded',
    version: 'fauxqs',
    writer: settings(keys.writer, 'writer'),
    rotatedWriter: settings(keys.rotatedWriter, 'writer'),
    newWriter: settings(keys.newWriter, 'new-writer'),
    recovery: settings(keys.recovery, 'recovery'),
    observer,
    saboteur: settings(keys.saboteur, null),
    prefix,
    blobBucket: BLOB_BUCKET,
    uploadWatch: 'request-log',
    ...(proxy === null ? {} : { faults: proxy.faults }),
    failure: () => service.failure() ?? proxy?.failure() ?? null,
    settle: async () => {
      await proxy?.settle();
      const { settled } = (await service.ask('settle', ANSWER_TIMEOUT_MS).catch((error: unknown) => {
        throw notSettled(messageOf(error));
      })) as { settled: boolean };
      if (!settled) throw notSettled('requests that came before are still under way');
    },
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}
