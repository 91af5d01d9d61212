import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { monotonicUs } from '../clock.ts';
import { DrillError } from '../errors.ts';
import { ownProgram } from '../litestream/own-program.ts';
import { isMounted, moveMount } from './small-disk.ts';
import { type FoundProcess, killHost, outsideGroup, processesOfHost } from './process-scan.ts';
import { type HostCommand, type HostEvent, type StartCommand, SUPERVISOR } from './protocol.ts';

const LEADER = ownProgram('leader-process.ts', import.meta.url);

/** Where things lie on one host. Everything a host owns is below its folder. */
export interface HostPaths {
  readonly folder: string;
  readonly dataDir: string;
  readonly rustbaseToml: string;
  readonly binDir: string;
}

export function hostPaths(folder: string): HostPaths {
  return {
    folder,
    dataDir: join(folder, 'data'),
    rustbaseToml: join(folder, 'rustbase.toml'),
    binDir: join(folder, 'bin'),
  };
}

export interface KillRecord {
  readonly atUs: number;
  readonly confirmedUs: number;
  readonly killed: readonly FoundProcess[];
  readonly escaped: readonly FoundProcess[];
  readonly survivors: readonly FoundProcess[];
}

/** A host whose processes run. It can be commanded and killed; nothing can be restored from it. */
export interface RunningHost extends AsyncDisposable {
  readonly paths: HostPaths;
  /** The process group, which is its leader's process id. */
  readonly groupId: number;
  start(command: Omit<StartCommand, 'do'>): void;
  input(name: string, text: string): void;
  signal(name: string, signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Hears every event from now on. Returns the way to stop hearing. */
  listen(listener: (event: HostEvent) => void): () => void;
  /**
   * Throws when the leader has ended before the kill: whatever became of the others since then, nobody has told, and the
   * writers take it for their end.
   */
  assertLed(): void;
  /** The last exit of a process by name, null while it runs or never ran; without a leader nobody would tell. */
  exitOf(name: string): Extract<HostEvent, { event: 'exited' }> | null;
  /** The process that was last started under a name, null before its start. */
  pidOf(name: string): number | null;
  /** Processes that the drill itself has on the host: whatever was started, but for the subject. */
  ownPids(): readonly number[];
  /** SIGKILL to the whole group at one instant, then proof that nothing of it is left. */
  kill(): DeadHost;
}

/** A host after the disaster: all it has left is a disk to lose. */
export interface DeadHost {
  readonly record: KillRecord;
  /** Moves the data directory out of reach. It is kept at `to` for attribution only. */
  loseDisk(to: string): Promise<void>;
}

/** Starts the leader of a new host in a process group of its own. */
export async function startHost(folder: string): Promise<RunningHost> {
  const paths = hostPaths(folder);
  await mkdir(paths.binDir, { recursive: true });
  const leader = spawn(process.execPath, [LEADER, folder], {
    cwd: folder,
    detached: true,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const groupId = await spawned(leader);
  return runningHost(paths, leader, groupId);
}

function spawned(leader: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    leader.once('spawn', () => resolve(leader.pid ?? 0));
    leader.once('error', (error) =>
      reject(
        new DrillError('DRILL_E_WRITER_FAILED', {
          what: 'the host could not be started',
          why: error.message,
          fix: 'run `npm run drill -- doctor`',
          exit: 3,
          cause: error,
        }),
      ),
    );
  });
}

function runningHost(paths: HostPaths, leader: ChildProcess, groupId: number): RunningHost {
  const listeners = new Set<(event: HostEvent) => void>();
  const exits = new Map<string, Extract<HostEvent, { event: 'exited' }>>();
  const pids = new Map<string, number>();
  if (leader.stdout !== null) {
    createInterface({ input: leader.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as HostEvent;
      if (event.event === 'exited') exits.set(event.name, event);
      else if (event.event === 'started') pids.set(event.name, event.pid);
      for (const listener of listeners) listener(event);
    });
  }
  leader.stdin?.on('error', () => undefined); // a killed leader cannot be told anything
  const tell = (command: HostCommand): void => {
    leader.stdin?.write(`${JSON.stringify(command)}\n`);
  };
  let dead: DeadHost | null = null;
  let leaderEnd: string | null = null;
  leader.once('exit', (exitCode, signal) => {
    if (dead === null) leaderEnd = signal ?? `exit code ${exitCode}`;
  });
  const kill = (): DeadHost => {
    dead ??= killNow(paths, groupId);
    return dead;
  };
  return {
    paths,
    groupId,
    start: (command) => {
      exits.delete(command.name);
      pids.delete(command.name);
      tell({ do: 'start', ...command });
    },
    input: (name, text) => tell({ do: 'input', name, text }),
    signal: (name, signal) => tell({ do: 'signal', name, signal }),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    assertLed: () => {
      if (leaderEnd !== null) throw withoutLeader(leaderEnd);
    },
    exitOf: (name) => exits.get(name) ?? null,
    pidOf: (name) => pids.get(name) ?? null,
    ownPids: () => [...pids].filter(([name]) => name !== SUPERVISOR).map(([, pid]) => pid),
    kill,
    [Symbol.asyncDispose]: async () => {
      kill();
      await Promise.resolve();
    },
  };
}

/** `exitOf` for whoever waits for it: throws where no leader is left to tell of it. */
export function toldExit(
  host: Pick<RunningHost, 'assertLed' | 'exitOf'>,
  name: string,
): ReturnType<RunningHost['exitOf']> {
  host.assertLed();
  return host.exitOf(name);
}

function withoutLeader(how: string): DrillError {
  return new DrillError('DRILL_E_WRITER_FAILED', {
    what: 'the host lost its leader before the kill',
    why: `its leader, a process of the drill's own, ended with ${how}`,
    fix: 'look who ends processes on this machine, the out-of-memory killer for one, and run it again',
    exit: 3,
  });
}

function killNow(paths: HostPaths, groupId: number): DeadHost {
  const killed = processesOfHost({ groupId, folder: paths.folder });
  const outside = outsideGroup(killed, groupId);
  const atUs = monotonicUs();
  const { escaped, survivors } = killHost({ groupId, folder: paths.folder, outside });
  const record: KillRecord = { atUs, confirmedUs: monotonicUs(), killed, escaped, survivors };
  return {
    record,
    loseDisk: async (to) => {
      if (await isMounted(paths.dataDir)) await moveMount(paths.dataDir, to);
      else await rename(paths.dataDir, to);
    },
  };
}
