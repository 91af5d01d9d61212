import { durationMs } from '../duration.ts';
import type { HostConfig, HostFault, HostLimit } from './host-fault.ts';

/** How long a fault of the host takes from its first strike to its end. 0: over at once, or it lasts until the kill. */
export function hostFaultLengthMs(fault: Exclude<HostFault, HostLimit | HostConfig>): number {
  if (fault.kind === 'host-kill') {
    const againMs = fault.startAgainAfter === undefined ? 0 : durationMs(fault.startAgainAfter);
    return fault.times * againMs + (fault.times - 1) * durationMs(fault.every);
  }
  const onceMs = fault.for === undefined ? 0 : durationMs(fault.for);
  if (fault.kind === 'host-disk-full') return durationMs(fault.over) + onceMs;
  if (fault.kind !== 'host-database') return onceMs;
  return fault.times * onceMs + (fault.times - 1) * durationMs(fault.every);
}
