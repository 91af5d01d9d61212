import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that replicates by our config file. `started` tells it from a later process with the same id. */
export interface Replicator {
  readonly pid: number;
  readonly started: string;
}

/**
 * Every process whose arguments are `… replicate … -config FILE`, for this very file: children that outlived a killed
 * supervisor, and what a wrapper script left behind. Found by what they do, not by a remembered process id, so neither
 * a lost note nor a reused id can mislead us.
 */
export function findReplicators(configPath: string): Replicator[] {
  const candidates = process.platform === 'linux' ? processesOfProc() : processesOfPs(configPath);
  return candidates.filter(({ pid, args }) => pid !== process.pid && replicates(args, configPath));
}

/** Ends them: SIGTERM, a short wait, SIGKILL; returns when they are gone. Answers how many there were. */
export async function endReplicators(configPath: string, graceMs: number): Promise<number> {
  const found = findReplicators(configPath);
  for (const [signal, waitMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', GONE_MS],
  ] as const) {
    // Looked up anew, so that an id freed and reused in the meantime is not hit.
    const alive = findReplicators(configPath);
    if (alive.length === 0) return found.length;
    for (const { pid } of alive) signalIfThere(pid, signal);
    const limit = performance.now() + waitMs;
    while (performance.now() < limit && findReplicators(configPath).length > 0) await sleep(10);
  }
  const left = findReplicators(configPath);
  if (left.length === 0) return found.length;
  throw new Error(
    `process ${left.map(({ pid }) => pid).join(', ')} replicates this fleet and cannot be ended`,
  );
}

/** How long a killed process may take to disappear. */
const GONE_MS = 5000;

interface Listed extends Replicator {
  readonly args: readonly string[];
}

function replicates(args: readonly string[], configPath: string): boolean {
  const at = args.indexOf('-config');
  return at > 0 && args[at + 1] === configPath && args.includes('replicate');
}

function processesOfProc(): Listed[] {
  const found: Listed[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      // After the name in brackets, which may hold spaces: the state is field 3, the start 22.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      if (stat[0] !== 'Z') found.push({ pid: Number(name), started: stat[19] ?? '', args });
    } catch {
      // It ended while we looked, or is another user's.
    }
  }
  return found;
}

/** `ps` does not keep arguments apart; the path is searched as a whole and put back together. */
function processesOfPs(configPath: string): Listed[] {
  const text = execFileSync('ps', ['-axww', '-o', 'pid=,lstart=,command='], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
    const [, pid, started = '', command = ''] = match ?? [];
    if (pid === undefined || !command.includes(`-config ${configPath}`)) return [];
    const before = command
      .slice(0, command.indexOf(`-config ${configPath}`))
      .trim()
      .split(/\s+/);
    return [{ pid: Number(pid), started, args: [...before, '-config', configPath] }];
  });
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended by itself; anything else is for the caller to see.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
