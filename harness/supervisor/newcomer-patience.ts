/** After its first failure a newcomer is tried again so soon; each further one doubles the time. */
const FIRST_MS = 500;
const MOST_MS = 30_000;

/**
 * When to try again with a database that was too busy to be taken in. Each try may replace Litestream for the whole fleet,
 * so one that stays busy must not be tried all the time.
 */
export class NewcomerPatience {
  readonly #waiting = new Map<string, { readonly untilMs: number; readonly waitMs: number }>();

  /** It could not be taken in at this (monotonic) instant. */
  left(path: string, nowMs: number): void {
    const waitMs = Math.min(MOST_MS, (this.#waiting.get(path)?.waitMs ?? FIRST_MS / 2) * 2);
    this.#waiting.set(path, { untilMs: nowMs + waitMs, waitMs });
  }

  taken(path: string): void {
    this.#waiting.delete(path);
  }

  isWaiting(path: string, nowMs: number): boolean {
    return (this.#waiting.get(path)?.untilMs ?? nowMs) > nowMs;
  }
}
