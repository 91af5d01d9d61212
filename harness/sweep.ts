import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killHost } from './host/process-scan.ts';

/** Says whose work folder this is, so that the next start can tell a crashed run from a running one. */
const OWNER_FILE = 'owner.json';

interface Owner {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: a pid alone may have been given to another. */
  readonly startTicks: string;
}

/** Marks a work folder as this process' own. */
export async function claimWorkFolder(workDir: string): Promise<void> {
  const owner: Owner = { pid: process.pid, startTicks: (await startTicks(process.pid)) ?? '' };
  await writeFile(join(workDir, OWNER_FILE), JSON.stringify(owner));
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

async function isRunning(owner: Owner): Promise<boolean> {
  const ticks = await startTicks(owner.pid);
  if (ticks !== null) return ticks === owner.startTicks;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Field 22 of /proc/PID/stat; null where there is no /proc or no such process. */
async function startTicks(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
}
