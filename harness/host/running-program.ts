import { type BigIntStats, statSync } from 'node:fs';
import type { FoundProcess } from './process-scan.ts';

/**
 * Those of the processes that run this very file, by the kernel's own word: their names and what they say of themselves
 * prove nothing. Reads /proc; elsewhere none is found.
 */
export function thoseRunning(program: string, processes: readonly FoundProcess[]): FoundProcess[] {
  const wanted = fileAt(program);
  if (wanted === null) return [];
  return processes.filter(({ pid }) => {
    const own = fileAt(`/proc/${pid}/exe`);
    return own !== null && own.dev === wanted.dev && own.ino === wanted.ino;
  });
}

function fileAt(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return null; // ended meanwhile, or a kernel thread
  }
}
