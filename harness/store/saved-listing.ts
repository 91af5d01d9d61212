import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { S3Object } from './s3-client.ts';

/** Name of a listing that is kept among the evidence: one line an object. */
export const SAVED_LISTING = 'bucket-objects.ndjson';

/** Keeps what a store said of each object, the ETag too where it has one: which bytes a restore was made from. */
export async function saveListing(folder: string, objects: readonly S3Object[]): Promise<void> {
  const lines = objects.map(({ key, sizeBytes, modifiedAt, etag }) => {
    const line = {
      key,
      sizeBytes,
      modifiedAt: modifiedAt.toISOString(),
      ...(etag === undefined ? {} : { etag }),
    };
    return `${JSON.stringify(line)}\n`;
  });
  await writeFile(path.join(folder, SAVED_LISTING), lines.join(''));
}
