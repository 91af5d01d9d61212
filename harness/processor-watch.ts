import type { Clock } from './clock.ts';
import { listPids, readText } from './host/process-scan.ts';
import { statFields } from './host/stat-fields.ts';

/** How the processors of the machine went, all together, as shares of what they could do. */
export interface ProcessorShares {
  /** Waiting for work, or for a disk. */
  readonly idle: number;
  /** At work for anybody but the drill, its subject and its store: other programs, or other guests of the same hardware. */
  readonly others: number;
}

/** Sums since the machine started, in ticks. */
export interface ProcessorTicks {
  readonly idle: number;
  readonly busy: number;
}

/** One process, its waited-for children included. `key`: a number is given away again, its start is not. */
export interface ProcessTicks {
  readonly pid: number;
  readonly parent: number;
  readonly key: string;
  readonly ticks: number;
}

interface Sample extends ProcessorTicks {
  readonly atUs: number;
  readonly own: number;
}

/** Who belongs to a drill beside its own process and what descends from it. */
export interface DrillProcesses {
  readonly roots: () => readonly number[];
  /** Asked once of each process that begins meanwhile and descends from nobody of the drill: a daemon has left its parents. */
  readonly isOwn?: (pid: number) => boolean;
}

const EVERY_MS = 1000;
/** Half a day. */
const MOST_SAMPLES = 43_200;

/**
 * Reads once a second how busy the processors are, and how much of that is the drill itself: its process, what descends
 * from it, and the store. Knows nothing where there is no /proc: then nobody is accused.
 */
export class ProcessorWatch implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #own: OwnTicks;
  readonly #samples: Sample[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, { roots = () => [], isOwn }: Partial<DrillProcesses> = {}) {
    this.#clock = clock;
    this.#own = new OwnTicks({ roots: () => [process.pid, ...roots()], ...(isOwn && { isOwn }) });
  }

  start(): void {
    this.sample();
    this.#timer = setInterval(() => this.sample(), EVERY_MS).unref();
  }

  sample(): void {
    const all = readText('/proc/stat');
    if (all === undefined || this.#samples.length >= MOST_SAMPLES) return;
    const own = this.#own.add(processes());
    this.#samples.push({ atUs: this.#clock.nowUs(), own, ...processorTicks(all) });
  }

  /** The shares from the last look before an instant to the first one after another; null: it was not watched. */
  shares(fromUs: number, toUs: number): ProcessorShares | null {
    const before = this.#samples.findLast(({ atUs }) => atUs <= fromUs);
    const after = this.#samples.find(({ atUs }) => atUs >= toUs);
    return before === undefined || after === undefined ? null : sharesBetween(before, after);
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.sample();
    return Promise.resolve();
  }
}

/** What the processes of a drill have used, from one look at all processes to the next. */
export class OwnTicks {
  readonly #processes: DrillProcesses;
  readonly #known = new Map<string, ProcessTicks>();
  /** By key of the parent: what was counted of its children that have ended, and will be in its own figure. */
  readonly #counted = new Map<string, number>();
  #strangers = new Set<string>();
  #sum = 0;
  #isFirst = true;

  constructor(processes: DrillProcesses) {
    this.#processes = processes;
  }

  /** The sum so far. What ends between two looks, unseen and with nobody of the drill to wait for it, is missing in it. */
  add(all: readonly ProcessTicks[]): number {
    const own = this.#ownOf(all);
    const live = new Set(own.map(({ key }) => key));
    const byPid = new Map(own.map((one) => [one.pid, one]));
    for (const [key, ended] of this.#known) {
      if (live.has(key)) continue;
      this.#known.delete(key);
      const parent = byPid.get(ended.parent);
      if (parent !== undefined) {
        this.#counted.set(parent.key, (this.#counted.get(parent.key) ?? 0) + ended.ticks);
      }
    }
    for (const one of own) {
      const before = this.#known.get(one.key)?.ticks ?? (this.#isFirst ? one.ticks : 0);
      const more = Math.max(0, one.ticks - before);
      const counted = Math.min(more, this.#counted.get(one.key) ?? 0);
      this.#counted.set(one.key, (this.#counted.get(one.key) ?? 0) - counted);
      this.#sum += more - counted;
      this.#known.set(one.key, one);
    }
    this.#isFirst = false;
    return this.#sum;
  }

  /** The roots, what descends from them, and what did once: an orphan is nobody's child any more. */
  #ownOf(all: readonly ProcessTicks[]): ProcessTicks[] {
    const byPid = new Map(all.map((one) => [one.pid, one]));
    const roots = new Set(this.#processes.roots());
    const told = new Map<number, boolean>();
    const isOwn = (one: ProcessTicks): boolean => {
      const known = told.get(one.pid);
      if (known !== undefined) return known;
      told.set(one.pid, false); // should a list that changed while it was read have a circle
      const parent = byPid.get(one.parent);
      const answer =
        roots.has(one.pid) || this.#known.has(one.key) || (parent !== undefined && isOwn(parent));
      told.set(one.pid, answer);
      return answer;
    };
    const own = all.filter((one) => isOwn(one) || this.#isAdopted(one));
    const live = new Set(own.map(({ key }) => key));
    this.#strangers = new Set(all.map(({ key }) => key).filter((key) => !live.has(key)));
    return own;
  }

  #isAdopted({ key, pid }: ProcessTicks): boolean {
    if (this.#isFirst || this.#strangers.has(key)) return false;
    return this.#processes.isOwn?.(pid) ?? false;
  }
}

/** The first line of /proc/stat (proc_stat(5)): a guest's time is in its user time already. */
export function processorTicks(text: string): ProcessorTicks {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (
    text.split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { idle: idle + iowait, busy: user + nice + system + irq + softirq + steal };
}

/** A line of /proc/PID/stat; null: it is none. */
export function processTicks(pid: number, text: string): ProcessTicks | null {
  const fields = statFields(text);
  const [parent, user, system, childrenUser, childrenSystem, started] = [1, 11, 12, 13, 14, 19].map((at) =>
    Number(fields[at]),
  );
  const ticks = (user ?? NaN) + (system ?? NaN) + (childrenUser ?? NaN) + (childrenSystem ?? NaN);
  if (parent === undefined || Number.isNaN(parent + ticks)) return null;
  return { pid, parent, key: `${pid}/${started}`, ticks };
}

function sharesBetween(before: Sample, after: Sample): ProcessorShares | null {
  const idle = after.idle - before.idle;
  const busy = after.busy - before.busy;
  if (idle + busy <= 0) return null;
  const others = Math.max(0, busy - (after.own - before.own));
  return { idle: share(idle / (idle + busy)), others: share(others / (idle + busy)) };
}

function share(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
}

function processes(): ProcessTicks[] {
  return listPids().flatMap((pid) => {
    const text = readText(`/proc/${pid}/stat`);
    const found = text === undefined ? null : processTicks(pid, text);
    return found === null ? [] : [found];
  });
}
