import { copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicUs } from '../clock.ts';
import { messageOf } from '../errors.ts';

/**
 * Stands in for the operator's own rsync of the file blobs, which Litestream does not replicate: copies every new or
 * changed file below an app's `storage/` to a folder outside the host, round after round.
 */
export class BlobMirror implements AsyncDisposable {
  readonly #dataDir: string;
  readonly #mirrorDir: string;
  readonly #stop = new AbortController();
  #loop: Promise<void>;
  /** The first thing that went wrong with the mirror itself; null while all is well. */
  failure: string | null = null;
  /** Start of the last completed round: what was there by then has been copied. */
  mirroredUpToUs = 0;

  constructor(dataDir: string, mirrorDir: string, intervalMs: number) {
    this.#dataDir = dataDir;
    this.#mirrorDir = mirrorDir;
    this.#loop = this.#run(intervalMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(intervalMs: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const startUs = monotonicUs();
        if (await this.#round()) this.mirroredUpToUs = startUs;
      } catch (error) {
        this.failure ??= messageOf(error);
      }
      await sleep(intervalMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** Whether it came to its end. */
  async #round(): Promise<boolean> {
    const folders = await readdir(join(this.#dataDir, 'realms'), {
      recursive: true,
      withFileTypes: true,
    }).catch(() => []);
    for (const entry of folders) {
      if (this.#stop.signal.aborted) return false;
      if (!entry.isFile() || !/\/apps\/[^/]+\/storage$/.test(entry.parentPath)) continue;
      await this.#copy(join(entry.parentPath, entry.name));
    }
    return true;
  }

  async #copy(source: string): Promise<void> {
    const target = join(this.#mirrorDir, relative(this.#dataDir, source));
    const [from, to] = await Promise.all([source, target].map((file) => stat(file).catch(() => null)));
    if (from === null || from === undefined || from.size === to?.size) return;
    await mkdir(dirname(target), { recursive: true });
    try {
      await copyFile(source, `${target}.part`);
      await rename(`${target}.part`, target);
    } catch (error) {
      // The application deleted it, or its whole app, in between.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
