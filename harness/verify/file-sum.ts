import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

/** The SHA-256 of a file, read piece by piece: a restored one may be larger than memory. null: it cannot be read, or is no file. */
export function fileSha256(file: string): string | null {
  // Whoever opens a pipe waits for somebody at its other end.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    const descriptor = openSync(file, 'r');
    try {
      let bytes: number;
      while ((bytes = readSync(descriptor, chunk)) > 0) hash.update(chunk.subarray(0, bytes));
    } finally {
      closeSync(descriptor);
    }
    return hash.digest('hex');
  } catch {
    return null; // what keeps a file from being read is told by the checks
  }
}
