import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { statFields } from './stat-fields.ts';

/** A process as evidence names it. */
export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

const SCAN_LIMIT_FDS = 4096;
const MAX_ROUNDS = 50;

/**
 * Every live process that belongs to a host: in its process group, or with the host's folder as working directory,
 * in its environment (HOME and PATH of every process of a host lie in its folder) or among its open files. So a
 * process that has left the group is found too. Reads /proc; elsewhere only the process group is known.
 */
export function processesOfHost(host: { groupId: number | null; folder: string }): FoundProcess[] {
  return listPids()
    .filter((pid) => pid !== process.pid)
    .filter((pid) => isAlive(pid) && (inGroup(pid, host.groupId) || refersTo(pid, host.folder)))
    .map((pid) => ({ pid, command: commandOf(pid) }));
}

/**
 * Sends SIGKILL to the group and to every process that left it, again until none is found. `outside`: who is known to
 * have left it dies in the same instant, for a look through /proc takes long enough for an upload. Returns who had
 * escaped, and who could not be ended.
 */
export function killHost(host: {
  groupId: number | null;
  folder: string;
  outside?: readonly FoundProcess[];
  sparePids?: readonly number[];
}): {
  readonly escaped: FoundProcess[];
  readonly survivors: FoundProcess[];
} {
  const { outside = [] } = host;
  if (host.groupId !== null) killGroup(host.groupId);
  for (const { pid } of outside) kill(pid);
  const spared = new Set(host.sparePids ?? []);
  const escaped = new Map(outside.map((found) => [found.pid, found]));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const left = processesOfHost(host).filter((found) => !spared.has(found.pid));
    if (left.length === 0) return { escaped: [...escaped.values()], survivors: [] };
    for (const found of left) {
      // One that is dying has no command line any more.
      if (!inGroup(found.pid, host.groupId) && !escaped.has(found.pid)) escaped.set(found.pid, found);
      kill(found.pid);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10); // let the kernel reap
  }
  return {
    escaped: [...escaped.values()],
    survivors: processesOfHost(host).filter((found) => !spared.has(found.pid)),
  };
}

/** Those of a host's processes that are not in its group. */
export function outsideGroup(found: readonly FoundProcess[], groupId: number): FoundProcess[] {
  return found.filter(({ pid }) => !inGroup(pid, groupId));
}

function killGroup(groupId: number): void {
  try {
    process.kill(-groupId, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left in the group.
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Every process that this machine shows; none where there is no /proc. */
export function listPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** A zombie holds nothing and writes nothing: it counts as dead. */
function isAlive(pid: number): boolean {
  const state = fieldsOf(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

function inGroup(pid: number, groupId: number | null): boolean {
  return groupId !== null && fieldsOf(pid)?.[2] === String(groupId);
}

function fieldsOf(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : statFields(stat);
}

/** Whether a process has its home, its working directory or an open file in a folder. */
export function refersTo(pid: number, folder: string): boolean {
  const below = (path: string | undefined): boolean =>
    path !== undefined && (path === folder || path.startsWith(`${folder}/`));
  const environment = readText(`/proc/${pid}/environ`) ?? '';
  if (
    environment.split('\0').some((entry) => entry === `HOME=${folder}` || entry.startsWith(`HOME=${folder}/`))
  )
    return true;
  // A host has no terminal. Who has one and stands in its folder is a person looking around, or their editor.
  if (fieldsOf(pid)?.[4] !== '0') return false;
  return below(readLink(`/proc/${pid}/cwd`)) || openFiles(pid).some(below);
}

function openFiles(pid: number): (string | undefined)[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .slice(0, SCAN_LIMIT_FDS)
      .map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  return (readText(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim().slice(0, 200);
}

/** undefined: no such file, or a process that has just ended. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readLink(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
