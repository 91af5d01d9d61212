import { ResourceStack } from '../resources.ts';
import { type AccessKey, newAccessKey, newAccessKeys } from './access-key.ts';
import { createBucket } from './create-bucket.ts';
import { openMinioAdmin } from './minio-admin.ts';
import { readerPolicy, writerPolicy } from './minio-rights.ts';
import { startProxy } from './proxy.ts';
import { openS3, type S3Settings } from './s3-client.ts';
import type { Store, StoreOptions } from './store.ts';

const BUCKET = 'drill';
const BLOB_BUCKET = 'drill-blobs';
/** Answers 200 once buckets and credentials can be made; `live` and `ready` do before that. */
export const MINIO_READY = '/minio/health/cluster';

/** A MinIO that runs for one drill, in a container or as a process. */
export interface MinioServer extends AsyncDisposable {
  readonly endpoint: string;
  /** How it runs, beside the version in the result: `container drill-minio:local`. */
  readonly runs: string;
  /** Where it is no child of the drill. */
  readonly processId?: number;
  /** Null while it runs; what became of it once it ended by itself. */
  failure(): string | null;
}

/**
 * A store on MinIO: its buckets, and a credential with the least rights for each that asks, enforced by MinIO itself.
 * Everybody goes through the logging proxy, which also does what faults are declared; root, which made all this, goes past it and is never used again.
 */
export async function openMinioStore(
  startServer: (root: AccessKey) => Promise<MinioServer>,
  options: StoreOptions,
): Promise<Store> {
  const resources = new ResourceStack();
  try {
    const root = newAccessKey();
    const server = resources.use(await startServer(root));
    const { keys, roles } = newAccessKeys();
    for (const bucket of [BUCKET, BLOB_BUCKET])
      await createBucket({ ...settingsFor(server.endpoint, root), bucket });
    const admin = openMinioAdmin(server.endpoint, root);
    await admin.addCredential(keys.writer, writerPolicy(BUCKET, BLOB_BUCKET));
    if (options.rotatesKey === true)
      await admin.addCredential(keys.rotatedWriter, writerPolicy(BUCKET, BLOB_BUCKET));
    await admin.addCredential(keys.newWriter, writerPolicy(BUCKET, BLOB_BUCKET));
    await admin.addCredential(keys.recovery, readerPolicy(BUCKET, BLOB_BUCKET));
    await admin.addCredential(keys.observer, readerPolicy(BUCKET, BLOB_BUCKET));
    await admin.addCredential(keys.saboteur, writerPolicy(BUCKET));
    const proxy = resources.use(
      await startProxy({
        upstream: server.endpoint,
        logFile: options.logFile,
        roles,
        secrets: Object.fromEntries(Object.values(keys).map(({ id, secret }) => [id, secret])),
        hostKey: keys.writer.id,
        faults: options.faults?.declared ?? [],
        seed: options.faults?.seed ?? 0,
      }),
    );
    const observer = openS3(settingsFor(proxy.endpoint, keys.observer));
    resources.defer(() => observer.close());
    return {
      kind: 'minio',
      version: `${await admin.version()} (${server.runs})`,
      writer: settingsFor(proxy.endpointOf('writer'), keys.writer),
      ...(options.rotatesKey === true
        ? { rotatedWriter: settingsFor(proxy.endpointOf('writer'), keys.rotatedWriter) }
        : {}),
      newWriter: settingsFor(proxy.endpointOf('new-writer'), keys.newWriter),
      recovery: settingsFor(proxy.endpointOf('recovery'), keys.recovery),
      observer,
      saboteur: settingsFor(proxy.endpoint, keys.saboteur),
      prefix: options.prefix,
      blobBucket: BLOB_BUCKET,
      uploadWatch: 'request-log',
      ...(options.faults === undefined ? {} : { faults: proxy.faults }),
      ...(server.processId === undefined ? {} : { processId: server.processId }),
      failure: () => server.failure() ?? proxy.failure(),
      settle: () => proxy.settle(),
      [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
    };
  } catch (error) {
    // The first error is the one to tell.
    await resources[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
}

function settingsFor(endpoint: string, key: AccessKey): S3Settings {
  return {
    endpoint,
    region: 'us-east-1',
    bucket: BUCKET,
    accessKeyId: key.id,
    secretAccessKey: key.secret,
    forcePathStyle: true,
  };
}
