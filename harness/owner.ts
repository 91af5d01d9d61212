import { readFile } from 'node:fs/promises';
import { statFields } from './host/stat-fields.ts';

/** A process that started something which must not outlive it. */
export interface Owner {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: a pid alone may have been given to another. */
  readonly startTicks: string;
}

export async function thisProcess(): Promise<Owner> {
  return { pid: process.pid, startTicks: (await startTicks(process.pid)) ?? '' };
}

export async function isRunning(owner: Owner): Promise<boolean> {
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
  return stat === null ? null : (statFields(stat)[19] ?? null);
}
