import type { Evidence } from '../evidence.ts';
import { durationMs, type Scenario } from '../scenario/schema.ts';
import { faultyRole, isStoreFault } from '../scenario/store-fault.ts';
import { windowMs } from '../store/fault-choice.ts';

type FaultWindow = NonNullable<Evidence['faults'][number]['window']>;

/** When a fault strikes, as the scenario has it; of what has a phase of its own, or lasts all the time, nothing. */
export function faultWindow(fault: Scenario['faults'][number] | undefined): FaultWindow | null {
  if (fault === undefined) return null;
  if (isStoreFault(fault)) {
    const { fromMs, toMs } = windowMs(fault);
    const phase = faultyRole(fault) === 'writer' ? 'load' : 'restore';
    return { phase, fromMs, toMs: Number.isFinite(toMs) ? toMs : null };
  }
  if (!fault.kind.startsWith('host-') || !('at' in fault) || typeof fault.at !== 'string') return null;
  const fromMs = durationMs(fault.at);
  const lastsMs = 'for' in fault && typeof fault.for === 'string' ? durationMs(fault.for) : null;
  // Frozen until the kill; any other one without a length is over at once.
  if (lastsMs === null && fault.kind === 'host-freeze') return { phase: 'load', fromMs, toMs: null };
  return { phase: 'load', fromMs, toMs: fromMs + (lastsMs ?? 0) };
}
