import type { HostConfig, HostFault, HostLimit } from '../scenario/host-fault.ts';
import { durationMs } from '../scenario/schema.ts';
import type { DrillContext } from './context.ts';
import { actOnDatabases, chosenApps } from './host-database-fault.ts';
import { seeMistake } from './host-config-fault.ts';
import { beFull } from './host-disk-fault.ts';
import { freeze, killProcesses } from './host-process-fault.ts';
import { type FaultRecord, type HostScene, hostFaultsOf } from './host-scene.ts';
import { readLong } from './host-reader-fault.ts';
import { beSlow } from './host-slow-disk-fault.ts';
import { writeBeside } from './host-second-writer-fault.ts';
import { limitSeen } from './host-limit-fault.ts';
import type { HostUnderTest } from './start-host.ts';
import type { TimedAction } from './timed-actions.ts';
import type { Writers } from './writers.ts';

/** The faults of the host as actions of the load. Each must be seen to take effect, and counts how often it did. */
export interface HostFaults {
  readonly actions: readonly TimedAction[];
  lookAtTheKill(): void;
}

export function hostFaults(drill: DrillContext, underTest: HostUnderTest, writers: Writers): HostFaults {
  const looks: (() => void)[] = [];
  const scene: HostScene = {
    drill,
    underTest,
    writers,
    epochs: new Map(),
    atTheKill: (look) => void looks.push(look),
  };
  const actions = hostFaultsOf(drill).flatMap((fault) => {
    const record = { id: fault.id, engaged: false, count: 0 };
    drill.found.faults.push(record);
    if (fault.kind === 'host-limit') {
      scene.atTheKill(() => limitSeen(scene, fault, record));
      return [];
    }
    if (fault.kind === 'host-config') {
      return [{ id: fault.id, atMs: 0, run: () => guarded(drill, seeMistake(scene, fault, record)) }];
    }
    return [
      { id: fault.id, atMs: durationMs(fault.at), run: () => guarded(drill, run(scene, fault, record)) },
    ];
  });
  return { actions, lookAtTheKill: () => looks.forEach((look) => look()) };
}

function run(
  scene: HostScene,
  fault: Exclude<HostFault, HostLimit | HostConfig>,
  record: FaultRecord,
): Promise<void> {
  switch (fault.kind) {
    case 'host-kill':
      return killProcesses(scene, fault, record);
    case 'host-freeze':
      return freeze(scene, fault, record);
    case 'host-database':
      return actOnDatabases(scene, fault, record, chosenApps(scene.drill.plan, fault.databases));
    case 'host-reader':
      return readLong(scene, fault, record, chosenApps(scene.drill.plan, fault.databases));
    case 'host-second-writer':
      return writeBeside(scene, fault, record, chosenApps(scene.drill.plan, fault.databases));
    case 'host-disk-full':
      return beFull(scene, fault, record);
    case 'host-slow-disk':
      return beSlow(scene, fault, record);
    default:
      return fault satisfies never;
  }
}

/** The disaster overtakes whatever is under way: that is no failure of the fault, and what it left undone shows in its count. */
async function guarded({ found, order }: DrillContext, action: Promise<void>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (found.kill === null && !order.signal.aborted) throw error;
  }
}
