import { setTimeout as sleep } from 'node:timers/promises';

/** No more than this passes at once, so that a narrow line is a trickle and not a burst. */
const PIECE_BYTES = 8192;

/** A line of so many bytes a second that all bodies share. */
export class Pace {
  readonly #bytesPerSecond: number;
  readonly #cut = new AbortController();
  #freeAtMs = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** The same bytes, as fast as the line lets them through. */
  async *through(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
        const piece = chunk.subarray(from, from + PIECE_BYTES);
        await this.#take(piece.length);
        yield piece;
      }
    }
  }

  /** Breaks off whatever is still on the line: it is lost with whoever sent it. */
  cut(): void {
    this.#cut.abort();
  }

  async #take(bytes: number): Promise<void> {
    const nowMs = performance.now();
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + (bytes * 1000) / this.#bytesPerSecond;
    await sleep(this.#freeAtMs - nowMs, undefined, { signal: this.#cut.signal });
  }
}
