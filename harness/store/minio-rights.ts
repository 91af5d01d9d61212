const LOOK = ['s3:GetBucketLocation', 's3:ListBucket'];
const KEEP_UPLOADS = ['s3:ListBucketMultipartUploads'];
const WRITE = ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

/** For a host: everything in these buckets that replication and blobs need, and nothing outside them. */
export function writerPolicy(...buckets: readonly string[]): object {
  return policy(buckets, [...LOOK, ...KEEP_UPLOADS], ['s3:GetObject', ...WRITE]);
}

/** For the recovery and for the harness: to look and to read. */
export function readerPolicy(...buckets: readonly string[]): object {
  return policy(buckets, LOOK, ['s3:GetObject']);
}

function policy(
  buckets: readonly string[],
  ofBucket: readonly string[],
  ofObjects: readonly string[],
): object {
  const resources = buckets.map((bucket) => `arn:aws:s3:::${bucket}`);
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ofBucket, Resource: resources },
      { Effect: 'Allow', Action: ofObjects, Resource: resources.map((one) => `${one}/*`) },
    ],
  };
}
