import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import { cacheFolder } from './cache.ts';

const PREFIX = '.fetching-';

/** Makes the cache, and removes what a killed fetch left in it. Answers its path. */
export function openCache(env: Readonly<Record<string, string | undefined>>): string {
  const folder = cacheFolder(env);
  try {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (isLeftOver(name)) rmSync(path.join(folder, name), { recursive: true, force: true });
    }
    // Only a folder that can be written is worth minutes of compiling.
    rmSync(mkdtempSync(path.join(folder, `${PREFIX}${process.pid}-`)), { recursive: true });
    return folder;
  } catch (error) {
    throw new DrillError('DRILL_E_OUTPUT_UNWRITABLE', {
      what: `fetched versions cannot be kept in ${folder}`,
      why: messageOf(error),
      fix: 'name a folder that can be written with the environment variable DRILL_LITESTREAM_DIR',
      exit: 3,
      cause: error,
    });
  }
}

/** A folder for one fetch, on the disk of the cache so that the result can be renamed into its place; gone when disposed of. */
export function fetchFolder(cache: string): Disposable & { readonly path: string } {
  const folder = mkdtempSync(path.join(cache, `${PREFIX}${process.pid}-`));
  return {
    path: folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Removes the folders of this process at once: for an end that waits for nothing. */
export function removeOwnFolders(cache: string): void {
  for (const name of readdirSync(cache)) {
    if (ownerOf(name) === process.pid) rmSync(path.join(cache, name), { recursive: true, force: true });
  }
}

function isLeftOver(name: string): boolean {
  const pid = ownerOf(name);
  if (pid === null || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function ownerOf(name: string): number | null {
  const pid = /^\.fetching-(\d+)-/.exec(name)?.[1];
  return pid === undefined ? null : Number(pid);
}
