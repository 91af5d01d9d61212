/** Something that is done to the living host at an instant of the load. */
export interface TimedAction {
  /** Names it in evidence and messages. */
  readonly id: string;
  /** After the start of the load. */
  readonly atMs: number;
  readonly run: () => Promise<void>;
}

/**
 * Starts actions when they are due and never waits for them: the disaster does not either. What one throws is kept, for
 * the phase to report.
 */
export class TimedActions {
  readonly #waiting: TimedAction[];
  #failure: { readonly error: unknown } | null = null;

  constructor(actions: readonly TimedAction[]) {
    this.#waiting = actions.toSorted((a, b) => a.atMs - b.atMs);
  }

  /** Starts what is due; answers in how many ms the next one is, Infinity when none is left. */
  startDue(elapsedMs: number): number {
    for (let [next] = this.#waiting; next !== undefined && next.atMs <= elapsedMs; [next] = this.#waiting) {
      this.#waiting.shift();
      void this.#start(next);
    }
    return (this.#waiting[0]?.atMs ?? Number.POSITIVE_INFINITY) - elapsedMs;
  }

  /** Throws what an action threw. */
  assertWell(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  async #start({ run }: TimedAction): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}
