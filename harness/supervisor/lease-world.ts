import { SupervisorError } from './failure.ts';
import { takeLease, type Word } from './lease-challenge.ts';
import { fuseEarlyMs, type LeaseTiming } from './lease-record.ts';
import type { LeaseStore, SeenLease } from './lease-store.ts';
import type { LeaseClock } from './lease-clock.ts';

/** A span of world time in milliseconds. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One host of a simulated world: what happens to it, and when. */
export interface HostScript {
  readonly startMs: number;
  /** Rate of its clock against the world's. */
  readonly rate: number;
  /** Only its supervisor stands still (SIGSTOP, a crash); Litestream and the fuse go on. */
  readonly supervisorStops: readonly Span[];
  /** All of it stands still: a suspended machine, SIGSTOP of the group, death. */
  readonly machineStops: readonly Span[];
  /** No request of it reaches the store, and no answer comes back. */
  readonly outages: readonly Span[];
  readonly word: Word;
}

export interface WorldScript {
  readonly hosts: readonly HostScript[];
  readonly timing: LeaseTiming;
  readonly untilMs: number;
  /** Longest time that a request, or an answer, is under way. */
  readonly latencyMs: number;
  /** Share of requests and of answers that are lost. */
  readonly lossShare: number;
  readonly random: () => number;
  /** Planted faults: parts of the design left out. */
  readonly without?: 'conditional writes' | 'fuse';
}

export interface WorldReport {
  /** Instants at which two hosts were writing, and who. */
  readonly overlaps: readonly { readonly atMs: number; readonly hosts: readonly number[] }[];
  /** By host: the instants at which it began to write, and how its supervisor ended. */
  readonly hosts: readonly {
    readonly beganMs: readonly number[];
    readonly fencedMs: readonly number[];
    /** When it first failed to renew its lease, each time. */
    readonly doubtedMs: readonly number[];
    readonly end: string;
  }[];
}

/**
 * Runs real supervisors' leases on simulated time: clocks of different rates, a store with slow, lost and late requests,
 * hosts that stand still. Whether Litestream is writing is known at every instant.
 */
export async function runWorld(script: WorldScript): Promise<WorldReport> {
  const events: Event[] = [];
  let nowMs = 0;
  let serial = 0;
  const at = (atMs: number, run: () => void): Event => {
    const event = { atMs: Math.max(atMs, nowMs), serial: serial++, run, cancelled: false };
    events.push(event);
    return event;
  };
  const world: World = { at, now: () => nowMs, script, object: null, writes: 0 };
  const hosts = script.hosts.map((host, index) => simulateHost(world, host, index));
  const overlaps: { atMs: number; hosts: number[] }[] = [];
  for (;;) {
    await settled();
    const next = earliest(events);
    if (next === null || next.atMs > nowMs) {
      const writing = hosts.flatMap((host, index) => (host.isWriting() ? [index] : []));
      if (writing.length > 1) overlaps.push({ atMs: nowMs, hosts: writing });
    }
    if (next === null || next.atMs > script.untilMs) break;
    events.splice(events.indexOf(next), 1);
    nowMs = next.atMs;
    if (!next.cancelled) next.run();
  }
  return { overlaps, hosts: hosts.map(({ report }) => report) };
}

interface Event {
  readonly atMs: number;
  readonly serial: number;
  readonly run: () => void;
  cancelled: boolean;
}

interface World {
  readonly at: (atMs: number, run: () => void) => Event;
  readonly now: () => number;
  readonly script: WorldScript;
  object: SeenLease | null;
  writes: number;
}

interface SimulatedHost {
  isWriting(): boolean;
  readonly report: { beganMs: number[]; fencedMs: number[]; doubtedMs: number[]; end: string };
}

function simulateHost(world: World, script: HostScript, index: number): SimulatedHost {
  const report = {
    beganMs: [] as number[],
    fencedMs: [] as number[],
    doubtedMs: [] as number[],
    end: 'runs',
  };
  let running = false;
  let fuse: Event | null = null;
  const stopsMachine = script.machineStops;
  const stopsAll = [...script.supervisorStops, ...stopsMachine];
  const supervisorAt = (atMs: number, run: () => void): Event => world.at(afterSpans(atMs, stopsAll), run);
  const clock = clockOf(world, script.rate, supervisorAt);
  const setRunning = (value: boolean): void => {
    if (running !== value) (value ? report.beganMs : report.fencedMs).push(world.now());
    running = value;
  };
  const extend = async (validUntilMs: number): Promise<void> => {
    if (fuse !== null) fuse.cancelled = true;
    const endMs = (validUntilMs - fuseEarlyMs(world.script.timing.durationMs)) / script.rate;
    if (world.script.without === 'fuse') return;
    fuse = world.at(afterSpans(endMs, stopsMachine), () => setRunning(false));
    await Promise.resolve();
  };
  const live = async (): Promise<void> => {
    const options = {
      store: storeOf(world, script, supervisorAt),
      clock,
      timing: world.script.timing,
      owner: `host-${index}`,
      host: `host-${index}`,
      dataDir: '/data',
      log: { write: () => undefined },
    };
    const lease = await takeLease(options, script.word, new AbortController().signal);
    if (lease === null) return;
    await extend(lease.validUntilMs);
    setRunning(lease.mayWrite());
    const duties = {
      extend,
      fence: async () => {
        // As long as a kill takes on a busy machine.
        await clock.sleep(KILL_MS);
        setRunning(false);
      },
      resume: async () => {
        setRunning(lease.mayWrite());
        await Promise.resolve();
      },
      doubt: () => void report.doubtedMs.push(world.now()),
    };
    const other = await lease.keep(duties, new AbortController().signal);
    report.end = other === null ? 'ended' : `lost to ${other.host}`;
  };
  supervisorAt(script.startMs, () => {
    live().catch((error: unknown) => {
      report.end = error instanceof SupervisorError ? error.code : String(error);
    });
  });
  for (const { toMs } of stopsMachine) world.at(toMs, () => undefined);
  return { isWriting: () => running && !isIn(world.now(), stopsMachine), report };
}

const KILL_MS = 300;

function clockOf(world: World, rate: number, at: World['at']): LeaseClock {
  return {
    nowMs: () => world.now() * rate,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const event = at(world.now() + Math.max(0, ms) / rate, resolve);
        const onAbort = (): void => {
          event.cancelled = true;
          resolve();
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
  };
}

/** Requests travel on their own: one that was given up may still arrive. */
function storeOf(world: World, { outages }: HostScript, supervisorAt: World['at']): LeaseStore {
  const { random, latencyMs, lossShare, without } = world.script;
  const request = <T>(act: () => T): Promise<T> =>
    new Promise((resolve) => {
      const arrivesMs = world.now() + random() * latencyMs;
      if (random() < lossShare || isIn(world.now(), outages)) return;
      world.at(arrivesMs, () => {
        const answer = act();
        const answeredMs = arrivesMs + random() * latencyMs;
        if (random() < lossShare || isIn(answeredMs, outages)) return;
        supervisorAt(answeredMs, () => resolve(answer));
      });
    });
  return {
    read: () => request(() => world.object),
    write: (record, etag) =>
      request(() => {
        if (without !== 'conditional writes' && (world.object?.etag ?? null) !== etag) return null;
        world.object = { record, etag: `"${++world.writes}"` };
        return world.object.etag;
      }),
  };
}

/** Lets everything that is ready to run, run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function earliest(events: readonly Event[]): Event | null {
  let first: Event | null = null;
  for (const event of events) {
    const earlier =
      first === null || event.atMs < first.atMs || (event.atMs === first.atMs && event.serial < first.serial);
    if (earlier) first = event;
  }
  return first;
}

function isIn(atMs: number, spans: readonly Span[]): boolean {
  return spans.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
}

/** When something due at `atMs` happens to somebody who stands still during the spans. */
function afterSpans(atMs: number, spans: readonly Span[]): number {
  let result = atMs;
  for (let round = 0; round <= spans.length; round++) {
    const span = spans.find(({ fromMs, toMs }) => result >= fromMs && result < toMs);
    if (span === undefined) break;
    result = span.toMs;
  }
  return result;
}
