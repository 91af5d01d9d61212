import { ControlGroup } from './control-group.ts';

/** Memory that some processes of a host have together; beyond it the kernel ends one of them. */
export interface MemoryLimit extends AsyncDisposable {
  /** What a shell does to be under it. */
  readonly enterCommand: string;
  felt(): MemoryFelt;
}

/** What the kernel says of it. */
export interface MemoryFelt {
  /** The limit as it stands there. */
  readonly limitBytes: number;
  /** The most that they had at one time; null: this kernel does not tell. */
  readonly peakBytes: number | null;
  /** Processes that it ended for want of memory. */
  readonly ended: number;
  /** Processes that are under it now. */
  readonly present: number;
}

/** Names of the kernel's files in both versions of control groups. */
const FILES = {
  1: {
    limit: 'memory.limit_in_bytes',
    withSwap: 'memory.memsw.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    events: 'memory.oom_control',
  },
  2: { limit: 'memory.max', withSwap: 'memory.swap.max', peak: 'memory.peak', events: 'memory.events' },
} as const;

export async function limitMemory(megabytes: number): Promise<MemoryLimit> {
  const group = await ControlGroup.make('memory', 'host-limit');
  const files = FILES[group.version];
  try {
    const bytes = String(megabytes << 20);
    await group.set(files.limit, bytes);
    // What is over it must not go to a swap instead; a kernel that does not count swap has no such file.
    await group.set(files.withSwap, group.version === 2 ? '0' : bytes).catch(() => undefined);
  } catch (error) {
    await group[Symbol.asyncDispose]();
    throw error;
  }
  return {
    enterCommand: group.enterCommand,
    felt: () => ({
      limitBytes: Number(group.read(files.limit)),
      peakBytes: numberOrNull(() => group.read(files.peak)),
      ended: counter(group.read(files.events), 'oom_kill'),
      present: group.read('cgroup.procs').split('\n').filter(Boolean).length,
    }),
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

/** Whether memory can be limited on this machine: by doing it. */
export async function assertMemoryLimit(): Promise<void> {
  const limit = await limitMemory(64);
  await limit[Symbol.asyncDispose]();
}

/** Of lines of the form `name number`. */
function counter(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

function numberOrNull(read: () => string): number | null {
  try {
    return Number(read());
  } catch {
    return null;
  }
}
