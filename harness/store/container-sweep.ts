import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ContainerRuntimeClient } from 'testcontainers';
import { isRunning, thisProcess } from '../owner.ts';

const OWNER_PID = 'rustbaas-drill.owner-pid';
const OWNER_TICKS = 'rustbaas-drill.owner-ticks';
const OWNER_MACHINE = 'rustbaas-drill.owner-machine';

/** Says on a container whose it is, so that the next start can tell what a crashed run left from what is in use. */
export async function ownerLabels(): Promise<Record<string, string>> {
  const { pid, startTicks } = await thisProcess();
  return { [OWNER_PID]: String(pid), [OWNER_TICKS]: startTicks, [OWNER_MACHINE]: await machine() };
}

/** Removes the containers of crashed runs of this machine. Returns their names. */
export async function sweepContainers({ container }: ContainerRuntimeClient): Promise<string[]> {
  const labelled = await container.dockerode.listContainers({
    all: true,
    filters: { label: [`${OWNER_MACHINE}=${await machine()}`] },
  });
  const swept: string[] = [];
  for (const { Id, Names, Labels } of labelled) {
    const owner = { pid: Number(Labels[OWNER_PID]), startTicks: Labels[OWNER_TICKS] ?? '' };
    if (await isRunning(owner)) continue;
    const gone = await container.dockerode
      .getContainer(Id)
      .remove({ force: true, v: true })
      // Another start, or the reaper, may be at it: then it is theirs to tell.
      .then(() => true, isBeingRemoved);
    if (!gone) continue;
    swept.push((Names[0] ?? Id).replace(/^\//, ''));
  }
  return swept;
}

function isBeingRemoved(error: unknown): false {
  if (error instanceof Error && 'statusCode' in error && [404, 409].includes(Number(error.statusCode))) {
    return false;
  }
  throw error;
}

/** An engine may serve several machines, and several spaces of process ids on one of them. */
async function machine(): Promise<string> {
  return `${hostname()} ${await readlink('/proc/self/ns/pid').catch(() => '')}`.trim();
}
