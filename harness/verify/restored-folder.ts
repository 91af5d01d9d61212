import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Entries of a restored folder that are looked at. A fleet of a thousand databases has a few ten thousand. */
const ENTRIES_MAX = 2_000_000;

export interface FolderEntry {
  /** Relative to the restored folder, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly links: number;
}

/** Everything below a restored folder, sorted by path. Links are not followed; no folder at all holds nothing. */
export async function listRestored(restoredDir: string): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await namesIn(join(restoredDir, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const entry = entryOf(path, await lstat(join(restoredDir, path)));
      entries.push(entry);
      if (entry.kind === 'folder') folders.push(path);
    }
    if (entries.length > ENTRIES_MAX)
      throw new RangeError(`${restoredDir} holds more than ${ENTRIES_MAX} entries`);
  }
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** A folder that may not be read is told by its mode; what is in it is not there for RustBaas either. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'ENOENT') return [];
    throw error;
  }
}

function entryOf(path: string, stats: Stats): FolderEntry {
  const kind = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'folder'
      : stats.isSymbolicLink()
        ? 'link'
        : 'other';
  return { path, kind, sizeBytes: stats.size, mode: stats.mode & 0o7777, uid: stats.uid, links: stats.nlink };
}
