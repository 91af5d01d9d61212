import { DrillError } from '../errors.ts';
import { contentHash } from '../fleet/blobs.ts';
import { openS3, type S3Settings } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import type { BlobFact } from '../verify/blob-facts.ts';

/** Blobs read at once. */
const PARALLEL = 8;

/** The bucket of the blobs as somebody with this credential reaches it. RustBaas has no prefix for it: it is its own. */
export function blobSettings(store: Store, credential: S3Settings): S3Settings {
  if (store.blobBucket === undefined) {
    throw new DrillError('DRILL_E_SCENARIO_INVALID', {
      what: 'the blobs of this scenario belong into S3, and the store has no bucket for them',
      why: `RustBaas keeps them at the root of a bucket of their own, which the ${store.kind} store does not offer`,
      fix: 'use another store, or blobs: { backend: local }',
      exit: 3,
    });
  }
  return { ...credential, bucket: store.blobBucket };
}

/** Everything that the bucket of the blobs holds, read whole with the recovery credential, by key. */
export async function readBlobBucket(store: Store): Promise<ReadonlyMap<string, BlobFact>> {
  const bucket = openS3(blobSettings(store, store.recovery));
  const facts = new Map<string, BlobFact>();
  try {
    const keys = (await bucket.list('')).map(({ key }) => key);
    const readNext = async (): Promise<void> => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        const content = Buffer.from(await bucket.get(key));
        facts.set(key, { sizeBytes: content.length, sha256: contentHash(content) });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, readNext));
    return facts;
  } finally {
    bucket.close();
  }
}
