import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killHost } from './host/process-scan.ts';
import { unmountBelow } from './host/small-disk.ts';
import { isRunning, type Owner, thisProcess } from './owner.ts';

/** Says whose work folder this is, so that the next start can tell a crashed run from a running one. */
const OWNER_FILE = 'owner.json';

/** Marks a work folder as this process' own. */
export async function claimWorkFolder(workDir: string): Promise<void> {
  await writeFile(join(workDir, OWNER_FILE), JSON.stringify(await thisProcess()));
}

/**
 * Ends what crashed runs left: processes that still refer to their work folders, then the folders. Evidence is never
 * touched. Returns the work folders that were removed.
 */
export async function sweepCrashedRuns(outputDir: string): Promise<string[]> {
  const swept: string[] = [];
  for (const run of await readdir(outputDir).catch(() => [])) {
    const workDir = join(outputDir, run, 'work');
    const owner = await readOwner(join(workDir, OWNER_FILE));
    if (owner === null || (await isRunning(owner))) continue;
    for (const drill of await readdir(workDir).catch(() => [])) {
      for (const host of await readdir(join(workDir, drill)).catch(() => [])) {
        killHost({ groupId: null, folder: join(workDir, drill, host) });
      }
    }
    await unmountBelow(workDir);
    await rm(workDir, { recursive: true, force: true });
    swept.push(workDir);
  }
  return swept;
}

async function readOwner(file: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return null;
  }
}
