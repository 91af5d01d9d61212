import { keyBase } from '../litestream/listed-object.ts';
import {
  type Mark,
  markPosition,
  type Protection,
  ProtectionTracker,
  type WatchedDatabase,
} from '../litestream/protection.ts';
import type { RestoreRule } from '../litestream/version.ts';
import { clockProblem } from '../store/clock-skew.ts';
import type { S3Client } from '../store/s3-client.ts';
import { reasonOf } from './failure.ts';
import { nowUs } from './log.ts';
import type { BucketStatus } from './status.ts';

type Tracker = Pick<ProtectionTracker, 'observe' | 'covers' | 'replaced'>;

/** Looks at the bucket: one listing of the prefix a look, whatever the number of databases. */
export class BucketWatch {
  readonly #client: S3Client;
  readonly #prefix: string;
  readonly #tracker: Tracker;
  readonly #stallMs: number;
  readonly #mark: typeof markPosition;
  readonly #clockUs: () => number;
  /** Where each database stood when it was last known to be in the bucket up to there. */
  readonly #marks = new Map<string, Mark>();
  /** For how long a database is waited for, where that is longer than for the others. */
  readonly #patienceMs = new Map<string, number>();
  #stalled: readonly string[] = [];
  #protections: ReadonlyMap<string, Protection> = new Map();
  #bucket: BucketStatus = { listedUs: null, listMs: null, objects: 0, error: null, clockSkewMs: null };

  constructor(options: {
    client: S3Client;
    prefix: string;
    stallMs: number;
    rule: RestoreRule;
    /** What knows of protection, of places and of time: others in a test. */
    tracker?: Tracker;
    mark?: typeof markPosition;
    clockUs?: () => number;
  }) {
    this.#client = options.client;
    this.#prefix = options.prefix;
    this.#stallMs = options.stallMs;
    this.#mark = options.mark ?? markPosition;
    this.#clockUs = options.clockUs ?? nowUs;
    this.#tracker =
      options.tracker ??
      new ProtectionTracker({
        prefix: options.prefix,
        readObject: (key) => options.client.get(key),
        rule: options.rule,
      });
  }

  get protections(): ReadonlyMap<string, Protection> {
    return this.#protections;
  }

  get bucket(): BucketStatus {
    return this.#bucket;
  }

  /**
   * One look. When the listing fails, what was known stays as it was, with its age. A database that is removed is
   * forgotten; `databases` is asked after the listing, so that a file replaced during it is judged as it is now.
   */
  async look(databases: () => readonly WatchedDatabase[]): Promise<void> {
    const listedUs = nowUs();
    try {
      const objects = await this.#client.list(keyBase(this.#prefix));
      const listMs = (nowUs() - listedUs) / 1000;
      this.#protections = await this.#tracker.observe(objects, databases(), listedUs);
      this.#bucket = { listedUs, listMs, objects: objects.length, error: null, clockSkewMs: this.#skewMs() };
    } catch (error) {
      this.#bucket = {
        ...this.#bucket,
        error: reasonOf(error) || String((error as { name?: unknown }).name),
        clockSkewMs: this.#skewMs(),
      };
    }
  }

  /**
   * Databases of which commits older than `stallMs` are still not in the bucket, told within twice that time. Litestream 0.3
   * tries a failed upload again only when that database is written to; and one that hangs uploads nothing, however much is
   * written.
   */
  async stalled(databases: readonly WatchedDatabase[]): Promise<readonly string[]> {
    this.#stalled = [];
    if (this.#bucket.error !== null) return [];
    const stalled: string[] = [];
    const present = new Set(databases.map(({ path }) => path));
    for (const path of this.#marks.keys()) if (!present.has(path)) this.#marks.delete(path);
    for (const { path, file } of databases) {
      const mark = this.#marks.get(path);
      if (this.#protections.get(path)?.protectedUs == null) this.#marks.delete(path);
      else if (mark === undefined) this.#marks.set(path, this.#mark(file, this.#clockUs()));
      else if (this.#clockUs() - mark.atUs > this.#patienceOf(path) * 1000) {
        if (!(await this.#covered(path, mark))) stalled.push(path);
        else {
          this.#marks.set(path, this.#mark(file, this.#clockUs()));
          this.#patienceMs.delete(path);
        }
      }
    }
    this.#stalled = stalled;
    return stalled;
  }

  /** Another file lies at this path now, and nobody replicates it at this moment. */
  replaced(database: WatchedDatabase): void {
    this.#tracker.replaced(database);
  }

  /**
   * After a cure the waiting begins anew, and is longer for those that had stalled: an upload that is merely slow must
   * come to its end some time, whatever becomes of the others.
   */
  forgetStalls(): void {
    this.#marks.clear();
    for (const path of this.#stalled)
      this.#patienceMs.set(path, Math.min(this.#patienceOf(path) * 2, MAX_STALL_MS));
    this.#stalled = [];
  }

  /** How long until the next look: short while something is unprotected, and never so short that listing is all we do. */
  pauseMs(calm: { fastMs: number; slowMs: number }): number {
    const { error, listMs } = this.#bucket;
    const unprotected = [...this.#protections.values()].some(({ protectedUs }) => protectedUs === null);
    const hurried = unprotected || error !== null || this.#bucket.listedUs === null;
    return Math.max(hurried ? calm.fastMs : calm.slowMs, (listMs ?? 0) * (hurried ? 4 : 10));
  }

  /** What is wrong with the clocks, in words; null: nothing. The SDK of the supervisor corrects its own requests, that of Litestream 0.3 does not. */
  get clockProblem(): { readonly what: string; readonly why: string; readonly fix: string } | null {
    return clockProblem(this.#client.contact());
  }

  #patienceOf(path: string): number {
    return this.#patienceMs.get(path) ?? this.#stallMs;
  }

  #skewMs(): number | null {
    return this.#client.contact()?.clockSkewMs ?? null;
  }

  async #covered(path: string, mark: Mark): Promise<boolean> {
    try {
      return await this.#tracker.covers(path, mark);
    } catch {
      // The segment cannot be read now: the next look tells more, and no cure is ordered on a guess.
      return true;
    }
  }
}

const MAX_STALL_MS = 3_600_000;
