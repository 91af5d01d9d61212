import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { S3Client } from '../store/s3-client.ts';

/** Told when a blob is in its place, or out of it; `error` says why it is not. */
type Done = (error: string | null) => void;

/** Where RustBaas keeps blobs, under the same key in every backend: the path relative to data_dir. */
export interface BlobBackend {
  /** So much is under way that another one would have to wait. */
  readonly isBusy: boolean;
  put(key: string, content: Buffer, done: Done): void;
  remove(key: string, done: Done): void;
  /** Resolves when nothing is under way. */
  drained(): Promise<void>;
}

/** Beside the databases: staged and renamed, as object_store does it. Done before the call returns. */
export function localBlobs(dataDir: string): BlobBackend {
  return {
    isBusy: false,
    put: (key, content, done) => {
      const file = join(dataDir, key);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}#1`, content);
      renameSync(`${file}#1`, file);
      done(null);
    },
    remove: (key, done) => {
      rmSync(join(dataDir, key), { force: true });
      done(null);
    },
    drained: () => Promise.resolve(),
  };
}

const REQUESTS_MAX = 32;

/** In a bucket of their own, at its root: requests go out while the writer goes on. */
export function s3Blobs(bucket: Pick<S3Client, 'put' | 'remove'>): BlobBackend {
  const underWay = new Set<Promise<void>>();
  const send = (request: Promise<void>, done: Done): void => {
    const answered = request
      .then(
        () => done(null),
        (error: unknown) => done(messageOf(error)),
      )
      .finally(() => underWay.delete(answered));
    underWay.add(answered);
  };
  return {
    get isBusy() {
      return underWay.size >= REQUESTS_MAX;
    },
    put: (key, content, done) => send(bucket.put(key, content), done),
    remove: (key, done) => send(bucket.remove([key]), done),
    drained: async () => {
      await Promise.all(underWay);
    },
  };
}
