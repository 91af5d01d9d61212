import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence } from '../evidence.ts';
import { type HostFault, isHostFault } from '../scenario/host-fault.ts';
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
  return scenario.faults.filter(isHostFault);
}

/** A pause of a fault. False: the host is dead by then, and nothing may be done to it any more. */
export async function livesAfter({ drill }: HostScene, ms: number): Promise<boolean> {
  await sleep(ms, undefined, { signal: drill.order.signal });
  return drill.found.kill === null;
}

/** Starts a program of a fault's own among the processes of the host, with nothing of the environment but the path. */
export function startBeside(
  { drill, underTest: { host } }: HostScene,
  program: { readonly name: string; readonly argv: readonly string[]; readonly ledgerFile?: string },
): void {
  const { name, argv, ledgerFile = null } = program;
  host.start({
    name,
    argv: [process.execPath, ...argv],
    shell: null,
    cwd: host.paths.folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: host.paths.folder },
    logFile: join(drill.paths.logs, `${name}.log`),
    relay: true,
    ledgerFile,
  });
}
