import { statSync } from 'node:fs';
import { FRAME_HEADER, WAL_HEADER, walIndex, type WalIndex } from '../litestream/wal-end.ts';

/** Litestream itself writes a page or two when it checkpoints; a WAL that holds no more than that was not written to by the application. */
const FRAMES_BY_LITESTREAM = 10;

/** What a WAL was at an instant. */
export interface SeenOfWal {
  /** Length of the file: SQLite keeps it when the WAL starts again, so it was that long once. */
  readonly pages: number;
  /** So long it has been written from its beginning, without a change of that length; 0: it has not. */
  readonly reusedForMs: number;
}

/** Tells from file and index whether a WAL is longer than what is in it: then writes go over frames that it held before. */
export class WalReuse {
  readonly #file: string;
  #pages = 0;
  #last: WalIndex | null = null;
  #since: { readonly atUs: number; frames: number } | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  look(nowUs: number): SeenOfWal {
    const index = walIndex(this.#file);
    const pages = index === null ? 0 : this.#lengthIn(index.pageBytes);
    const isReused = index !== null && pages === this.#pages && index.frames < pages;
    // Once written to it stays so: it may start again just before the kill, and be all but empty then.
    if (!isReused) this.#since = null;
    else if (this.#since === null) this.#since = { atUs: nowUs, frames: 0 };
    else this.#since.frames += framesAfter(this.#last, index);
    this.#pages = pages;
    this.#last = index;
    const since = this.#since;
    const isWritten = since !== null && since.frames > FRAMES_BY_LITESTREAM;
    return { pages, reusedForMs: isWritten ? (nowUs - since.atUs) / 1000 : 0 };
  }

  #lengthIn(pageBytes: number): number {
    const sizeBytes = statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    return Math.max(0, Math.floor((sizeBytes - WAL_HEADER) / (pageBytes + FRAME_HEADER)));
  }
}

/** Frames that were written between two looks, or at least so many. */
function framesAfter(before: WalIndex | null, now: WalIndex): number {
  return before?.salts === now.salts ? now.frames - before.frames : now.frames;
}
