import type { ScenarioResult } from '../result.ts';
import { counted, duration } from './format.ts';

/** Restores to an instant in a sentence; null: there were none. */
export function instantsInWords({ instants = [], measurements }: ScenarioResult): string | null {
  if (instants.length === 0) return null;
  const { pointInTimeRpoMs: rpo, pointInTimeRestoreMs: restore } = measurements;
  const right = instants.filter(({ verdict }) => verdict === 'pass').length;
  const oldest = instants.reduce((most, { beforeKillMs }) => Math.max(most, beforeKillMs), 0);
  return (
    `${counted(instants.length, 'restore')} to an instant up to ${duration(oldest)} before the kill, ${right} right; ` +
    `RPO then max ${duration(rpo?.max ?? null)}, restore max ${duration(restore?.max ?? null)}`
  );
}
