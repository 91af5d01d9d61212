import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limitMemory, type MemoryFelt, type MemoryLimit } from '../host/memory-limit.ts';
import type { HostLimit } from '../scenario/host-fault.ts';
import type { DrillContext } from './context.ts';
import { type FaultRecord, type HostScene, hostFaultsOf } from './host-scene.ts';

/** Where the shell of the supervisor notes the limit that it has. */
const NOTE = 'open-files-limit';

/** The limits of a supervisor. */
export interface HostLimits {
  /** What the shell does before it becomes the supervisor. */
  readonly command: string;
  /** By the fault. */
  readonly memory: ReadonlyMap<string, MemoryLimit>;
}

/** Sets up what the scenario declares, before the supervisor starts. */
export async function openLimits(drill: DrillContext): Promise<HostLimits> {
  const memory = new Map<string, MemoryLimit>();
  let command = '';
  for (const fault of hostFaultsOf(drill)) {
    if (fault.kind !== 'host-limit') continue;
    const { id, openFiles, memoryMb } = fault;
    if (openFiles !== undefined) command += `ulimit -n ${openFiles} && ulimit -n > ${NOTE} && `;
    if (memoryMb === undefined) continue;
    const limit = drill.resources.use(await limitMemory(memoryMb));
    memory.set(id, limit);
    command += limit.enterCommand;
  }
  return { command, memory };
}

/** The supervisor was started with the limit, or is under it, or the kernel has ended somebody for it. */
export function limitSeen(scene: HostScene, fault: HostLimit, record: FaultRecord): void {
  const isStarted = fault.openFiles === undefined || openFilesOf(scene) === fault.openFiles;
  const felt = scene.underTest.limits.memory.get(fault.id)?.felt();
  const isUnder = fault.memoryMb === undefined || (felt !== undefined && isInForce(felt, fault.memoryMb));
  record.engaged = isStarted && isUnder;
  record.count = record.engaged ? 1 : 0;
  if (felt === undefined) return;
  const { peakBytes, ended } = felt;
  const peak = peakBytes === null ? 'not told' : `${Math.round(peakBytes / (1 << 20))} MB`;
  const words = `of ${fault.memoryMb} MB the most that was used: ${peak}; processes ended by the kernel: ${ended}`;
  scene.drill.recorder.note(ended === 0 ? 'info' : 'warn', `${fault.id}: ${words}`);
}

function isInForce({ limitBytes, ended, present }: MemoryFelt, memoryMb: number): boolean {
  return limitBytes === memoryMb << 20 && (present > 0 || ended > 0);
}

function openFilesOf({ underTest }: HostScene): number | null {
  try {
    return Number(readFileSync(join(underTest.host.paths.folder, NOTE), 'utf8'));
  } catch {
    return null; // it never came so far
  }
}
