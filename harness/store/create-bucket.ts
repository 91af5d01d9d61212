import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { openAws, type S3Settings } from './s3-client.ts';

const CALL_TIMEOUT_MS = 20_000;

/** Makes the bucket of a store that belongs to one drill. */
export async function createBucket(settings: S3Settings): Promise<void> {
  const client = openAws(settings);
  const abortSignal = AbortSignal.timeout(CALL_TIMEOUT_MS);
  try {
    await client.send(new CreateBucketCommand({ Bucket: settings.bucket }), { abortSignal });
  } finally {
    client.destroy();
  }
}
