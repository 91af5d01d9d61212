import { randomInt } from 'node:crypto';
import { systemClock } from '../clock.ts';

/** Name of a new run: when, what, and something that tells runs of one second apart. */
export function newRunId(what: string): string {
  const stamp = systemClock
    .wallIso()
    .replaceAll(/[-:]|\.\d+Z$/g, '')
    .replace('T', '-');
  return `${stamp}-${what}-${randomInt(0x1_0000).toString(16).padStart(4, '0')}`;
}
