import type { RequestLog } from './request-log.ts';

/** When the host was refused with 403 by one of these faults, up to an instant; empty where a piece of the log is missing. */
export function refusedUs(log: RequestLog, faults: readonly string[], untilUs: number): number[] {
  if (!log.complete) return [];
  return log.entries
    .filter(({ role, status, fault }) => role === 'writer' && status === 403 && faults.includes(fault ?? ''))
    .map(({ atUs }) => atUs)
    .filter((atUs) => atUs <= untilUs);
}
