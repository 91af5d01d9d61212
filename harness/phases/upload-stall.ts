import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence } from '../evidence.ts';
import { databasesInBucket, type ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { durationMs, type UploadStallWanted } from '../scenario/schema.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';

const LOOK_MS = 100;

/**
 * Sees from the bucket that databases under write have no upload any more, so that the host dies when most is at stake and
 * not at an instant of the clock. It asks no log and no metric of the subject, and every store can be listed.
 */
export class UploadStall implements AsyncDisposable {
  readonly #end: NonNullable<Evidence['loadEnd']>;
  readonly #drill: DrillContext;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #error: { readonly cause: unknown } | null = null;

  constructor(drill: DrillContext, store: Store, wanted: UploadStallWanted) {
    const stalledForMs = durationMs(wanted.for);
    this.#drill = drill;
    this.#end = { by: 'schedule', stalledForMs, wanted: wanted.databases, mostStalled: 0 };
    drill.found.loadEnd = this.#end;
    const written = drill.plan.databases.filter(({ kind, idle }) => kind === 'app' && !idle);
    const nowUs = drill.order.clock.nowUs();
    this.#loop = this.#run(store, new Map(written.map(({ path }) => [path, new Uploads(nowUs)])));
  }

  /** Whether so many databases are without an upload now. */
  get isThere(): boolean {
    if (this.#error !== null) throw this.#error.cause;
    return this.#end.by === 'stall';
  }

  /** The load is over: what the bucket shows from now on is another matter. It does not wait, the disaster is due. */
  stop(): void {
    this.#stop.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run({ observer, prefix }: Store, written: ReadonlyMap<string, Uploads>): Promise<void> {
    const { clock } = this.#drill.order;
    try {
      while (!this.#stop.signal.aborted && this.#end.by === 'schedule') {
        const askedUs = clock.nowUs();
        const objects = await observer.list(`${prefix}/`);
        if (this.#stop.signal.aborted) return;
        const seenUs = clock.nowUs();
        for (const database of databasesInBucket(objects, prefix)) {
          written.get(database.path)?.see(database, seenUs);
        }
        const stalled = [...written.values()].filter(
          ({ lastUs }) => (askedUs - lastUs) / 1000 >= this.#end.stalledForMs,
        ).length;
        this.#end.mostStalled = Math.max(this.#end.mostStalled, stalled);
        if (stalled >= this.#end.wanted) this.#end.by = 'stall';
        await sleep(LOOK_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    } catch (cause) {
      this.#error = { cause };
    }
  }
}

/** What has arrived of one database. */
class Uploads {
  readonly #seen = new Set<string>();
  #lastUs: number;

  constructor(sinceUs: number) {
    this.#lastUs = sinceUs;
  }

  /** When the newest upload was first seen: it came before that. */
  get lastUs(): number {
    return this.#lastUs;
  }

  see(database: ReplicatedDatabase, nowUs: number): void {
    for (const end of endsOf(database)) {
      if (this.#seen.has(end)) continue;
      this.#seen.add(end);
      this.#lastUs = nowUs;
    }
  }
}

/** Up to where uploads reach. What Litestream 0.5 merges from earlier ones is none, and no retention takes one back. */
function endsOf({ generations, ltx }: ReplicatedDatabase): string[] {
  const newest = ltx.findLast(({ level }) => level === 0);
  return [
    ...(newest === undefined ? [] : [`ltx ${newest.maxTxid}`]),
    ...generations.flatMap(({ id, snapshots, segments }) => {
      const [snapshot, segment] = [snapshots.at(-1), segments.at(-1)];
      return [
        ...(snapshot === undefined ? [] : [`${id} snapshot ${snapshot.index}`]),
        ...(segment === undefined ? [] : [`${id} wal ${segment.index} ${segment.offset}`]),
      ];
    }),
  ];
}
