import type { Contact } from './s3-client.ts';

/** AWS refuses at 15 min; long before that times of objects and points in time mean nothing any more. */
const MOST_SKEW_MS = 5 * 60_000;

/** What is wrong with the clocks of this machine and of the store, or null. */
export function clockProblem(contact: Contact | null): { what: string; why: string; fix: string } | null {
  const skewMs = contact?.clockSkewMs ?? null;
  if (skewMs === null || Math.abs(skewMs) <= MOST_SKEW_MS) return null;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return {
    what: `the clock of this machine is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of ${contact?.url}`,
    why: `more than ${MOST_SKEW_MS / 1000} s: stores refuse such requests, and the times of objects mean nothing`,
    fix: 'set the clock of this machine (NTP), or that of the store',
  };
}
