import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicUs } from '../clock.ts';
import { messageOf } from '../errors.ts';

/**
 * Stands in for the operator's own rsync of the file blobs, which Litestream does not replicate: round after round it
 * copies every new file below an app's `storage/` to a folder outside the host, and drops there what is gone here, as
 * `rsync --delete` does.
 */
export class BlobMirror implements AsyncDisposable {
  readonly #dataDir: string;
  readonly #mirrorDir: string;
  readonly #stop = new AbortController();
  /** Paths below data_dir. A blob never changes: once copied, it stays as it is. */
  readonly #mirrored = new Set<string>();
  #loop: Promise<void>;
  /** The first thing that went wrong with the mirror itself; null while all is well. */
  failure: string | null = null;
  /** Start of the last completed round: what was there by then has been copied. Null before the first one. */
  mirroredUpToUs: number | null = null;

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
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startUs = monotonicUs();
      try {
        if (await this.#round()) this.mirroredUpToUs = startUs;
      } catch (error) {
        this.failure ??= messageOf(error);
      }
      const pauseMs = Math.max(1, intervalMs - (monotonicUs() - startUs) / 1000);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Whether it came to its end. */
  async #round(): Promise<boolean> {
    await mkdir(this.#mirrorDir, { recursive: true });
    // A disk that is out of reach is no fleet without blobs: this throws, and nothing is dropped.
    await readdir(this.#dataDir);
    const here = new Set<string>();
    for (const folder of await this.#storageFolders()) {
      for (const name of await this.#namesIn(folder)) {
        if (this.#stop.signal.aborted) return false;
        const path = `${folder}/${name}`;
        if (this.#mirrored.has(path) || (await this.#copy(path))) here.add(path);
      }
    }
    for (const path of [...this.#mirrored].filter((one) => !here.has(one))) {
      if (this.#stop.signal.aborted) return false;
      await rm(join(this.#mirrorDir, path), { force: true });
      this.#mirrored.delete(path);
    }
    return true;
  }

  async #storageFolders(): Promise<string[]> {
    const folders: string[] = [];
    for (const realm of await this.#namesIn('realms')) {
      for (const app of await this.#namesIn(`realms/${realm}/apps`))
        folders.push(`realms/${realm}/apps/${app}/storage`);
    }
    return folders;
  }

  /** What the application has removed holds nothing; a folder that cannot be read is no reason to drop its copies. */
  async #namesIn(folder: string): Promise<string[]> {
    try {
      return await readdir(join(this.#dataDir, folder));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return [];
      throw error;
    }
  }

  /** False: the application deleted it, or its whole app, in between. */
  async #copy(path: string): Promise<boolean> {
    const target = join(this.#mirrorDir, path);
    await mkdir(dirname(target), { recursive: true });
    try {
      await copyFile(join(this.#dataDir, path), `${target}.part`);
    } catch (error) {
      await rm(`${target}.part`, { force: true });
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return false;
    }
    await rename(`${target}.part`, target);
    this.#mirrored.add(path);
    return true;
  }
}
