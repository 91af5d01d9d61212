import type { ScenarioResult } from '../result.ts';
import { counted, duration } from './format.ts';

/** Why the host died when it did, where the disaster was to wait for a stall of the uploads. */
export function loadEndInWords({
  by,
  wanted,
  stalledForMs,
  mostStalled,
}: NonNullable<ScenarioResult['loadEnd']>): string {
  const stall = `${counted(by === 'stall' ? mostStalled : wanted, 'database')} under write without an upload for ${duration(stalledForMs)}`;
  if (by === 'stall') return `as soon as the bucket showed ${stall}`;
  return `at the end of the load: ${stall} were not seen at one time, at most ${mostStalled}`;
}
