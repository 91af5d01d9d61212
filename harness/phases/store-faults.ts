import { type FaultyRole, faultyRole, isStoreFault, type StoreFault } from '../scenario/store-fault.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';

/** Those faults of a scenario that strike between the store and who uses it. */
export function storeFaultsOf({ scenario }: Pick<DrillContext, 'scenario'>): StoreFault[] {
  return scenario.faults.filter(isStoreFault);
}

/** From this instant on the declared faults of a role count their times. None counts as engaged until it has struck. */
export async function beginStoreFaults(
  drill: DrillContext,
  { faults }: Store,
  role: FaultyRole,
  atUs: number,
): Promise<void> {
  const own = storeFaultsOf(drill).filter((fault) => faultyRole(fault) === role);
  if (own.length === 0) return;
  drill.found.faults.push(...own.map(({ id }) => ({ id, engaged: false, count: 0 })));
  await faults?.begin(role, atUs);
}

/**
 * Ends them, whatever is left of their windows: what a host does that should be dead must reach the store and its log, and
 * no outage may excuse it.
 */
export async function endStoreFaults(
  drill: DrillContext,
  { faults }: Store,
  role: FaultyRole,
): Promise<void> {
  const own = storeFaultsOf(drill).filter((fault) => faultyRole(fault) === role);
  if (own.length === 0 || faults === undefined) return;
  const hits = await faults.end(role);
  for (const record of drill.found.faults) {
    if (!own.some(({ id }) => id === record.id)) continue;
    record.count = hits[record.id] ?? 0;
    record.engaged = record.count > 0;
  }
}
