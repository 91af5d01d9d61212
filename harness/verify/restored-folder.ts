import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

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

/** Everything below a restored folder, sorted by path. Links are not followed. */
export async function listRestored(restoredDir: string): Promise<FolderEntry[]> {
  const names = await readdir(restoredDir, { recursive: true, withFileTypes: true });
  if (names.length > ENTRIES_MAX)
    throw new RangeError(`${restoredDir} holds more than ${ENTRIES_MAX} entries`);
  const entries: FolderEntry[] = [];
  for (const name of names) {
    const file = join(name.parentPath, name.name);
    entries.push(entryOf(relative(restoredDir, file).split(sep).join('/'), await lstat(file)));
  }
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
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
