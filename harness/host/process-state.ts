import { readFileSync } from 'node:fs';
import { statFields } from './stat-fields.ts';

/** What the kernel says of a process: its state (R, S, T, Z, …) and when it was started, which no later one shares. */
export interface ProcessState {
  readonly state: string;
  readonly started: string;
}

/** null: there is none, or this system has no /proc. */
export function processState(pid: number): ProcessState | null {
  try {
    // The state is field 3, the start 22.
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return { state: fields[0] ?? '', started: fields[19] ?? '' };
  } catch {
    return null;
  }
}

/** A dead process that nobody has asked after yet holds nothing and does nothing. */
export function isGone(pid: number, started: string): boolean {
  const now = processState(pid);
  return now === null || now.started !== started || now.state === 'Z' || now.state === 'X';
}

/** Whether it stands still. */
export function isStopped(pid: number, started: string): boolean {
  const now = processState(pid);
  return now !== null && now.started === started && now.state === 'T';
}
