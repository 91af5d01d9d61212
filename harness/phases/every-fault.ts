import type { Evidence } from '../evidence.ts';

/** A record for each fault that a scenario declares. One of which nobody wrote anything down was never seen to take effect. */
export function everyFault(
  declared: readonly { readonly id: string }[],
  records: Evidence['faults'],
): Evidence['faults'] {
  const known = new Set(records.map(({ id }) => id));
  const left = declared.filter(({ id }) => !known.has(id));
  return [...records, ...left.map(({ id }) => ({ id, engaged: false, count: 0 }))];
}
