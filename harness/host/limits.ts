import { readFile } from 'node:fs/promises';
import { DrillError } from '../errors.ts';

/** Litestream was measured at 7 (0.3.13) to 7.9 (0.5.17) descriptors a database; and some for everything else. */
const DESCRIPTORS_PER_DATABASE = 8;
const DESCRIPTORS_BESIDES = 128;

/** The hard limit on open files; Node and Go both raise their soft limit to it. Infinity where it cannot be read. */
export async function openFilesLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

/** Descriptors that a fleet of this size needs. */
export function openFilesNeeded(databases: number): number {
  return databases * DESCRIPTORS_PER_DATABASE + DESCRIPTORS_BESIDES;
}

/** Refuses a fleet that Litestream could not hold open: 0.3.13 would stay alive and silently back up a part. */
export async function assertOpenFiles(databases: number): Promise<void> {
  const [limit, needed] = [await openFilesLimit(), openFilesNeeded(databases)];
  if (limit >= needed) return;
  throw new DrillError('DRILL_E_OPEN_FILES', {
    what: `the limit of ${limit} open files is too low for ${databases} databases`,
    why: `Litestream 0.3.13 holds 7 descriptors a database; ${needed} are needed, and with fewer it backs up a part in silence`,
    fix: `raise it (ulimit -Hn ${needed}) or drill a smaller fleet`,
    exit: 3,
  });
}
