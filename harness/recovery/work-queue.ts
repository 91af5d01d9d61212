/** Runs tasks at most `width` at a time, lower ranks first, in the order given within a rank. */
export class WorkQueue {
  readonly #width: number;
  readonly #waiting: { readonly rank: number; readonly run: () => Promise<unknown> }[] = [];
  #running = 0;
  #failure: { readonly error: unknown } | null = null;
  #done = Promise.withResolvers<void>();

  constructor(width: number) {
    this.#width = width;
  }

  add(rank: number, run: () => Promise<unknown>): void {
    const after = this.#waiting.findIndex((task) => task.rank > rank);
    this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, { rank, run });
    queueMicrotask(() => this.#pump());
  }

  /** Resolves when nothing runs or waits; rejects with the first failure, after all tasks have ended. */
  drained(): Promise<void> {
    return this.#done.promise;
  }

  #pump(): void {
    while (this.#running < this.#width) {
      const task = this.#waiting.shift();
      if (task === undefined) break;
      this.#running++;
      void this.#work(task.run);
    }
    if (this.#running > 0 || this.#waiting.length > 0) return;
    if (this.#failure === null) this.#done.resolve();
    else this.#done.reject(this.#failure.error);
  }

  async #work(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#running--;
    this.#pump();
  }
}
