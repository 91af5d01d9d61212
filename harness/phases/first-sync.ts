import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence } from '../evidence.ts';
import { databasesInBucket } from '../litestream/bucket-layout.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';

const LOOK_MS = 50;
/** Share of the seeded databases of which the bucket must have something. */
const SHARE = 0.5;
/** A fleet of no more databases arrives between two looks, and before the writers are ready. */
const SMALL = 30;

/**
 * Sees the middle of the first sync, whatever the speed of the machine: half of the fleet has begun to arrive. A kill that
 * did not wait for it is a fault that did not engage.
 */
export class FirstSync implements AsyncDisposable {
  readonly #fault: Evidence['faults'][number] = { id: 'kill in the first sync', engaged: false, count: 0 };
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #error: { readonly cause: unknown } | null = null;

  constructor({ found }: DrillContext, store: Store) {
    found.faults.push(this.#fault);
    this.#loop = this.#run(store, found.seeded?.databases ?? 0);
  }

  /** Whether the instant is there. */
  get isThere(): boolean {
    if (this.#error !== null) throw this.#error.cause;
    return this.#fault.engaged;
  }

  /** The load is over: what the bucket shows from now on is another matter. It does not wait, the disaster is due. */
  stop(): void {
    this.#stop.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run({ observer, prefix }: Store, all: number): Promise<void> {
    const wanted = Math.max(1, Math.ceil(all * SHARE));
    try {
      while (!this.#stop.signal.aborted && !this.#fault.engaged) {
        const objects = await observer.list(`${prefix}/`);
        if (this.#stop.signal.aborted) return;
        this.#fault.count = databasesInBucket(objects, prefix).length;
        // When all of many have begun to arrive, the middle has passed unseen.
        const isPast = all > SMALL && this.#fault.count >= all;
        this.#fault.engaged = this.#fault.count >= wanted && !isPast;
        await sleep(LOOK_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    } catch (cause) {
      this.#error = { cause };
    }
  }
}
