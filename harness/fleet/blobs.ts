import { createHash } from 'node:crypto';

/** A blob's content: made from its file id, so that two blobs of one size still differ. */
export function blobContent(fileId: string, sizeBytes: number): Buffer {
  return Buffer.alloc(sizeBytes, createHash('sha256').update(fileId).digest());
}

/** By what a blob or a hook is known again: RustBaas itself keeps no hash of either. */
export function contentHash(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
