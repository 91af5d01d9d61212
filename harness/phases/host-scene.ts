import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence } from '../evidence.ts';
import type { HostFault } from '../scenario/host-fault.ts';
import type { DrillContext } from './context.ts';
import type { HostUnderTest } from './start-host.ts';
import type { Writers } from './writers.ts';

/** A fault as evidence names it, while it is still open whether it took effect. */
export type FaultRecord = Evidence['faults'][number];

/** What a fault of the host works with. */
export interface HostScene {
  readonly drill: DrillContext;
  readonly underTest: HostUnderTest;
  readonly writers: Writers;
  /** Epoch of the database at each path that was put in the place of another. */
  readonly epochs: Map<string, number>;
  /** Done at the very instant of the disaster, just before it: what was to last until then is looked at. */
  atTheKill(look: () => void): void;
}

/** Those faults of a scenario that strike the living host. */
export function hostFaultsOf({ scenario }: Pick<DrillContext, 'scenario'>): HostFault[] {
  return scenario.faults.filter((fault): fault is HostFault => fault.kind.startsWith('host-'));
}

/** A pause of a fault. False: the host is dead by then, and nothing may be done to it any more. */
export async function livesAfter({ drill }: HostScene, ms: number): Promise<boolean> {
  await sleep(ms, undefined, { signal: drill.order.signal });
  return drill.found.kill === null;
}
