export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A child that ran this long was well: the count begins anew. */
  readonly stableMs: number;
  /** So many short runs in a row are a crash loop. */
  readonly crashLoopExits: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = {
  firstMs: 100,
  maxMs: 10_000,
  stableMs: 10_000,
  crashLoopExits: 5,
};

/**
 * How long to wait before the next start: doubled with every short run, up to a limit. There is no last attempt: a
 * supervisor that gives up loses every write from then on. The verdict `crashLoop` is for the people who watch.
 */
export class Backoff {
  readonly #policy: BackoffPolicy;
  #shortRuns = 0;

  constructor(policy: BackoffPolicy) {
    this.#policy = policy;
  }

  /** A child has ended by itself after `ranMs`; answers the delay before the next one. */
  ended(ranMs: number): number {
    this.#shortRuns = ranMs >= this.#policy.stableMs ? 1 : this.#shortRuns + 1;
    return Math.min(this.#policy.maxMs, this.#policy.firstMs * 2 ** Math.min(this.#shortRuns - 1, 30));
  }

  /** Whether the child dies again and again; `runningMs` is the age of the present one, 0 when there is none. */
  crashLoop(runningMs: number): boolean {
    return this.#shortRuns >= this.#policy.crashLoopExits && runningMs < this.#policy.stableMs;
  }
}
