import { readdirSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { SubjectUse } from '../evidence/host.ts';
import type { RunningHost } from './host.ts';
import { listPids, readText, refersTo } from './process-scan.ts';
import { isGone } from './process-state.ts';
import { SUPERVISOR } from './protocol.ts';
import { statFields } from './stat-fields.ts';

/** What one process holds; null: it may not be looked at. */
export interface Held {
  readonly rssBytes: number | null;
  readonly openFiles: number | null;
}

/** A process of this machine. `key`: a number is given away again, its start is not. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly started: string;
}

type HostOfSubject = Pick<RunningHost, 'groupId' | 'pidOf' | 'paths'>;

const EVERY_MS = 1000;
/** While a program takes another's place its environment is empty for a moment: one look may take it for a stranger. */
const LOOKS_AT_STRANGERS = 2;
/** A list that changed while it was read may have a circle. */
const MOST_PARENTS = 100;

/**
 * Looks once a second at what the supervisor and all that it started hold together, and keeps the most. A peak between two
 * looks is not seen. Memory that two of them share counts in each. Knows nothing where there is no /proc.
 */
export class SubjectWatch implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #members: SubjectProcesses;
  readonly #peak = new Peak();
  readonly #timer: NodeJS.Timeout;
  #lastUs: number;

  constructor(clock: Clock, host: HostOfSubject) {
    this.#clock = clock;
    this.#members = new SubjectProcesses(host);
    this.#lastUs = clock.nowUs();
    this.#look();
    this.#timer = setInterval(() => this.#look(), EVERY_MS).unref();
  }

  /** Ends the watch, without another look: the disaster must not wait for that. */
  end(): SubjectUse {
    clearInterval(this.#timer);
    this.#peak.gap(this.#clock.nowUs() - this.#lastUs);
    return this.#peak.use;
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  #look(): void {
    const nowUs = this.#clock.nowUs();
    this.#peak.gap(nowUs - this.#lastUs);
    this.#lastUs = nowUs;
    const subject = this.#members.among(runningProcesses());
    // One that ended while it was looked at holds nothing.
    this.#peak.add(subject.flatMap((one) => held(one) ?? []));
  }
}

/** The largest sums so far. What cannot be looked at makes them unknown: they would be too small, and keep any objective. */
export class Peak {
  #looks = 0;
  #longestGapUs = 0;
  #rssBytes: number | null = 0;
  #openFiles: number | null = 0;

  gap(us: number): void {
    this.#longestGapUs = Math.max(this.#longestGapUs, us);
  }

  add(processes: readonly Held[]): void {
    if (processes.length === 0) return;
    this.#looks += 1;
    this.#rssBytes = greater(this.#rssBytes, sum(processes.map(({ rssBytes }) => rssBytes)));
    this.#openFiles = greater(this.#openFiles, sum(processes.map(({ openFiles }) => openFiles)));
  }

  /** Nobody was seen: nothing is known, which is not nothing. */
  get use(): SubjectUse {
    const isSeen = this.#looks > 0;
    return {
      looks: this.#looks,
      longestGapMs: this.#longestGapUs / 1000,
      rssBytes: isSeen ? this.#rssBytes : null,
      openFiles: isSeen ? this.#openFiles : null,
    };
  }
}

/** Tells the subject from the drill's own processes on the host, and from everybody else. */
export class SubjectProcesses {
  readonly #host: HostOfSubject;
  readonly #refersTo: typeof refersTo;
  /** Who was found once stays: a daemon may leave the group and forget its environment later. */
  #members = new Set<string>();
  #asked = new Map<string, number>();

  constructor(host: HostOfSubject, refersToHost: typeof refersTo = refersTo) {
    this.#host = host;
    this.#refersTo = refersToHost;
  }

  among(all: readonly RunningProcess[]): RunningProcess[] {
    const byPid = new Map(all.map((one) => [one.pid, one]));
    const subject = all.filter((one) => this.#isOfSubject(one, byPid));
    this.#members = new Set(subject.map(keyOf));
    const live = new Set(all.map(keyOf));
    this.#asked = new Map([...this.#asked].filter(([key]) => live.has(key)));
    return subject;
  }

  #isOfSubject(one: RunningProcess, byPid: ReadonlyMap<number, RunningProcess>): boolean {
    const { groupId, pidOf, paths } = this.#host;
    if (one.pid === groupId || one.pid === process.pid) return false;
    const started = this.#startedByLeader(one, byPid);
    // Beside the supervisor the leader has started only what is the drill's own.
    if (started !== null) return started === pidOf(SUPERVISOR);
    const parent = byPid.get(one.parent);
    if (this.#members.has(keyOf(one)) || (parent !== undefined && this.#members.has(keyOf(parent)))) {
      return true;
    }
    if (one.group === groupId) return true;
    // A helper of the drill, which looks into the host's folder from outside.
    if (one.parent === process.pid) return false;
    const asked = this.#asked.get(keyOf(one)) ?? 0;
    if (asked >= LOOKS_AT_STRANGERS) return false;
    this.#asked.set(keyOf(one), asked + 1);
    return this.#refersTo(one.pid, paths.folder);
  }

  /** The child of the leader that a process descends from, or is; null: none, or its parents have ended. */
  #startedByLeader(one: RunningProcess, byPid: ReadonlyMap<number, RunningProcess>): number | null {
    let at: RunningProcess | undefined = one;
    for (let depth = 0; depth < MOST_PARENTS && at !== undefined; depth++) {
      if (at.parent === this.#host.groupId) return at.pid;
      at = byPid.get(at.parent);
    }
    return null;
  }
}

function keyOf({ pid, started }: RunningProcess): string {
  return `${pid}/${started}`;
}

/** proc_pid_stat(5), from its third field: state, parent, group, and the start as the 22nd. */
function runningProcesses(): RunningProcess[] {
  return listPids().flatMap((pid) => {
    const stat = readText(`/proc/${pid}/stat`);
    if (stat === undefined) return [];
    const fields = statFields(stat);
    const [state = '', parent, group] = fields;
    if (state === 'Z' || state === 'X') return [];
    return [{ pid, parent: Number(parent), group: Number(group), started: fields[19] ?? '' }];
  });
}

/** null: it has ended. */
function held({ pid, started }: RunningProcess): Held | null {
  const status = readText(`/proc/${pid}/status`);
  const rssBytes = status === undefined ? null : residentBytes(status);
  const openFiles = countOpenFiles(pid);
  const isWhole = rssBytes !== null && openFiles !== null;
  return !isWhole && isGone(pid, started) ? null : { rssBytes, openFiles };
}

/** /proc/PID/status (proc_pid_status(5)). One that is ending has given its memory back before it is a zombie, and has no such line. */
export function residentBytes(status: string): number {
  const kiB = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return Number(kiB ?? 0) * 1024;
}

function countOpenFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null; // it has ended, or is another user's
  }
}

function sum(parts: readonly (number | null)[]): number | null {
  return parts.reduce((total, part) => (total === null || part === null ? null : total + part), 0);
}

function greater(known: number | null, now: number | null): number | null {
  return known === null || now === null ? null : Math.max(known, now);
}
