import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unsupportedPath } from '../litestream/config.ts';
import { fileIdentity } from '../litestream/file-identity.ts';
import { isMetaFolder } from '../litestream/local-position.ts';
import type { LitestreamLine } from '../litestream/version.ts';
import { reasonOf } from './failure.ts';

export interface DiscoveredDatabase {
  /** Relative to data_dir, with `/`. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
  /** Device, inode and birth: another file under the same name is another database. */
  readonly identity: string;
}

export interface Discovery {
  /** Sorted by path. */
  readonly databases: readonly DiscoveredDatabase[];
  /** What looks like a database and is not taken, or a folder that is not looked into, with the reason. Sorted by path. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Walks a data directory for every `*.db`. Symbolic links are not followed: what they point to inside the directory is
 * found by its own name, and what lies outside is not the fleet's. Litestream's own folders and the folders of blobs
 * are left alone.
 */
export function discover(dataDir: string, prefix: string, line: LitestreamLine): Discovery {
  const databases: DiscoveredDatabase[] = [];
  const refused: { path: string; reason: string }[] = [];
  const folders: string[] = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(dataDir, folder, refused)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!isForeign(path, entry.name) && path.split('/').length < MAX_DEPTH) folders.push(path);
      } else if (isDatabaseName(entry.name)) {
        const file = join(dataDir, path);
        const reason = entry.isFile() ? look(file, path, prefix, line) : 'it is not a regular file';
        if (reason === null) databases.push({ path, file, identity: fileIdentity(file) });
        else refused.push({ path, reason });
      } else if (entry.isSymbolicLink() && isFolder(join(dataDir, path))) {
        refused.push({ path, reason: 'a symbolic link; databases behind it are not replicated' });
      }
    }
    if (databases.length > MAX_DATABASES)
      throw new Error(`more than ${MAX_DATABASES} databases below ${dataDir}`);
  }
  return {
    databases: databases.filter(({ identity }) => identity !== '').toSorted(byPath),
    refused: refused.toSorted(byPath),
  };
}

const MAX_DEPTH = 32;
const MAX_DATABASES = 100_000;
const BLOBS = /^(realms|workspaces)\/[^/]+\/(apps\/[^/]+\/)?storage$/;
const MAGIC = 'SQLite format 3\0';

function entriesOf(dataDir: string, folder: string, refused: { path: string; reason: string }[]): Dirent[] {
  try {
    return readdirSync(join(dataDir, folder), { withFileTypes: true });
  } catch (error) {
    // A folder removed during the walk has nothing in it; one that cannot be read is reported.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      refused.push({ path: folder, reason: reasonOf(error) });
    return [];
  }
}

function isFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false; // it leads nowhere
  }
}

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : 1;
}

function isForeign(path: string, name: string): boolean {
  return isMetaFolder(name) || BLOBS.test(path);
}

function isDatabaseName(name: string): boolean {
  return name.endsWith('.db') && name !== '.db';
}

/** Why a file is not taken, or null. An empty one is about to become a database: it is looked at again. */
function look(file: string, path: string, prefix: string, line: LitestreamLine): string | null {
  const unsupported = unsupportedPath({ path, file }, prefix, line);
  if (unsupported !== null) return unsupported;
  const start = Buffer.alloc(MAGIC.length);
  try {
    const descriptor = openSync(file, 'r');
    try {
      const length = readSync(descriptor, start, 0, start.length, 0);
      if (length === 0) return 'it is still empty';
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return reasonOf(error);
  }
  return start.toString('latin1') === MAGIC ? null : 'it is not a SQLite database';
}
