import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentHash } from '../fleet/blobs.ts';
import { BLOB_PATH } from './places.ts';
import type { FolderEntry } from './restored-folder.ts';

/** What is where a blob belongs, wherever RustBaas keeps them. */
export interface BlobFact {
  readonly sizeBytes: number;
  /** null: it may not be read. */
  readonly sha256: string | null;
}

/** The blobs of a restored folder, by their path. */
export async function localBlobFacts(
  restoredDir: string,
  entries: readonly FolderEntry[],
): Promise<ReadonlyMap<string, BlobFact>> {
  const facts = new Map<string, BlobFact>();
  for (const { path, kind, sizeBytes } of entries) {
    if (kind !== 'file' || !BLOB_PATH.test(path)) continue;
    const content = await contentOf(join(restoredDir, path));
    facts.set(path, { sizeBytes, sha256: content === null ? null : contentHash(content) });
  }
  return facts;
}

/** The content of a restored file; null: its owner may not read it, which is the recovery's fault. */
export async function contentOf(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return null;
    throw error;
  }
}
