import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { isMetaFolder } from '../litestream/local-position.ts';
import { ProtectionTracker } from '../litestream/protection.ts';
import type { RestoreRule } from '../litestream/version.ts';
import type { Store } from '../store/store.ts';

const FAST_MS = 200;
const SLOW_MS = 1000;
/** Looks that fail for so long have not only met a file that was being removed. */
const BLIND_MS = 5000;
/** A look at a large fleet takes its time, but not so much. */
const STUCK_MS = 60_000;

/**
 * Watches from outside which databases of a live host are protected: by listing the bucket and comparing it with the
 * position of each file, never by asking the supervisor.
 */
export class ProtectionWatch implements AsyncDisposable {
  readonly #store: Store;
  readonly #dataDir: string;
  readonly #clock: Clock;
  readonly #tracker: ProtectionTracker;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  readonly #protectedUs = new Map<string, number>();
  readonly #sinceUs = new Map<string, number>();
  #databases = 0;
  #failure: string | null = null;
  #seenUs: number | null = null;
  readonly #beganUs: number;

  constructor(store: Store, dataDir: string, clock: Clock, rule: RestoreRule) {
    this.#store = store;
    this.#dataDir = dataDir;
    this.#clock = clock;
    this.#beganUs = clock.nowUs();
    this.#tracker = new ProtectionTracker({
      prefix: store.prefix,
      readObject: (key) => store.observer.get(key),
      rule,
    });
    this.#loop = this.#run();
  }

  /** Instants at which databases were first seen protected. */
  get protectedUs(): ReadonlyMap<string, number> {
    return this.#protectedUs;
  }

  /** Instants from which on they were seen so without a break: another one where a file was replaced. */
  get sinceUs(): ReadonlyMap<string, number> {
    return this.#sinceUs;
  }

  /** Databases now on the host's disk. */
  get databases(): number {
    return this.#databases;
  }

  /** The last reason for which the bucket could not be read; null while it can. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * Why nobody can say what is protected now: no look has succeeded for too long, or ever. Null: it sees. What it does not
   * see protected would be excused as young, or blamed for it.
   */
  get blindness(): string | null {
    const blindMs = (this.#clock.nowUs() - (this.#seenUs ?? this.#beganUs)) / 1000;
    const limitMs = this.#failure === null ? STUCK_MS : this.#seenUs === null ? 0 : BLIND_MS;
    if (blindMs < limitMs) return null;
    const since = this.#seenUs === null ? 'it never could' : `not for ${(blindMs / 1000).toFixed(1)} s`;
    return `${this.#failure ?? 'a look does not end'} (${since})`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#look();
        this.#failure = null;
        this.#seenUs = this.#clock.nowUs();
      } catch (error) {
        this.#failure = messageOf(error);
      }
      const pause = this.#protectedUs.size < this.#databases ? FAST_MS : SLOW_MS;
      await sleep(pause, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const paths = await databaseFiles(this.#dataDir);
    const nowUs = this.#clock.nowUs();
    const objects = await this.#store.observer.list(`${this.#store.prefix}/`);
    if (this.#stop.signal.aborted) return;
    this.#databases = paths.length;
    const databases = paths.map((path) => ({ path, file: join(this.#dataDir, path) }));
    const seen = await this.#tracker.observe(objects, databases, nowUs);
    for (const [path, { protectedUs }] of seen) {
      if (protectedUs === null) continue;
      if (!this.#protectedUs.has(path)) this.#protectedUs.set(path, protectedUs);
      this.#sinceUs.set(path, protectedUs);
    }
  }
}

/** Every database file below data_dir, as relative paths with `/`, sorted. */
async function databaseFiles(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.db'))
    .map((entry) => relative(dataDir, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split('/').some(isMetaFolder))
    .toSorted();
}
