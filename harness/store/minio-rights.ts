const LOOK = ['s3:GetBucketLocation', 's3:ListBucket'];
const KEEP_UPLOADS = ['s3:ListBucketMultipartUploads'];
const WRITE = ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

/** For a host: everything in this bucket that replication needs, and nothing outside it. */
export function writerPolicy(bucket: string): object {
  return policy(bucket, [...LOOK, ...KEEP_UPLOADS], ['s3:GetObject', ...WRITE]);
}

/** For the recovery and for the harness: to look and to read. */
export function readerPolicy(bucket: string): object {
  return policy(bucket, LOOK, ['s3:GetObject']);
}

function policy(bucket: string, ofBucket: readonly string[], ofObjects: readonly string[]): object {
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ofBucket, Resource: [`arn:aws:s3:::${bucket}`] },
      { Effect: 'Allow', Action: ofObjects, Resource: [`arn:aws:s3:::${bucket}/*`] },
    ],
  };
}
