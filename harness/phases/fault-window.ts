import type { Evidence } from '../evidence.ts';
import { durationMs, type Scenario } from '../scenario/schema.ts';
import { isHostFault, isLasting } from '../scenario/host-fault.ts';
import { hostFaultLengthMs } from '../scenario/host-fault-length.ts';
import { faultyRole, isStoreFault } from '../scenario/store-fault.ts';
import { windowMs } from '../store/fault-choice.ts';

type FaultWindow = NonNullable<Evidence['faults'][number]['window']>;

/** From the first strike of a fault to its end, as the scenario has it; of what has a phase of its own, or lasts all the time, nothing. */
export function faultWindow(fault: Scenario['faults'][number] | undefined): FaultWindow | null {
  if (fault === undefined) return null;
  if (isStoreFault(fault)) {
    const { fromMs, toMs } = windowMs(fault);
    const phase = faultyRole(fault) === 'writer' ? 'load' : 'restore';
    return { phase, fromMs, toMs: Number.isFinite(toMs) ? toMs : null };
  }
  if (!isHostFault(fault) || isLasting(fault)) return null;
  const fromMs = durationMs(fault.at);
  const lastsToKill = fault.kind === 'host-freeze' && fault.for === undefined;
  return { phase: 'load', fromMs, toMs: lastsToKill ? null : fromMs + hostFaultLengthMs(fault) };
}
