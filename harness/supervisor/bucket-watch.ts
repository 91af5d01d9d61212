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

/** Looks at the bucket: one listing of the prefix a look, whatever the number of databases. */
export class BucketWatch {
  readonly #client: S3Client;
  readonly #prefix: string;
  readonly #tracker: ProtectionTracker;
  readonly #firstStallMs: number;
  #stallMs: number;
  readonly #resting = new Map<string, Mark>();
  #protections: ReadonlyMap<string, Protection> = new Map();
  #bucket: BucketStatus = { listedUs: null, listMs: null, objects: 0, error: null, clockSkewMs: null };

  constructor(options: { client: S3Client; prefix: string; stallMs: number; rule: RestoreRule }) {
    this.#client = options.client;
    this.#prefix = options.prefix;
    this.#firstStallMs = options.stallMs;
    this.#stallMs = options.stallMs;
    this.#tracker = new ProtectionTracker({
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
      const objects = await this.#client.list(this.#prefix === '' ? '' : `${this.#prefix}/`);
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
   * Databases whose last commits have been resting for `stallMs` and are still not in the bucket. Litestream 0.3 tries a
   * failed upload again only when that database is written to; until then its tail is nowhere else.
   */
  async stalled(databases: readonly WatchedDatabase[]): Promise<string[]> {
    if (this.#bucket.error !== null) return [];
    const stalled: string[] = [];
    const present = new Set(databases.map(({ path }) => path));
    for (const path of this.#resting.keys()) if (!present.has(path)) this.#resting.delete(path);
    for (const { path, file } of databases) {
      if (this.#protections.get(path)?.protectedUs == null) {
        this.#resting.delete(path);
        continue;
      }
      const mark = markPosition(file, nowUs());
      const before = this.#resting.get(path);
      if (before === undefined || !samePlace(before, mark)) {
        this.#resting.set(path, mark);
      } else if (mark.atUs - before.atUs > this.#stallMs * 1000) {
        if (await this.#covered(path, mark)) this.#stallMs = this.#firstStallMs;
        else stalled.push(path);
      }
    }
    return stalled;
  }

  /** Another file lies at this path now, and nobody replicates it at this moment. */
  replaced(database: WatchedDatabase): void {
    this.#tracker.replaced(database);
  }

  /** After a cure the waiting begins anew, and is longer: an upload that is merely slow must come to its end some time. */
  forgetStalls(): void {
    this.#resting.clear();
    this.#stallMs = Math.min(this.#stallMs * 2, MAX_STALL_MS);
  }

  /** How long until the next look: short while something is unprotected, and never so short that listing is all we do. */
  pauseMs(calm: { fastMs: number; slowMs: number }): number {
    const { error, listMs } = this.#bucket;
    const unprotected = [...this.#protections.values()].some(({ protectedUs }) => protectedUs === null);
    const hurried = unprotected || error !== null || this.#bucket.listedUs === null;
    return Math.max(hurried ? calm.fastMs : calm.slowMs, (listMs ?? 0) * (hurried ? 4 : 20));
  }

  /** What is wrong with the clocks, in words; null: nothing. The SDK of the supervisor corrects its own requests, that of Litestream 0.3 does not. */
  get clockProblem(): { readonly what: string; readonly why: string; readonly fix: string } | null {
    return clockProblem(this.#client.contact());
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

function samePlace(a: Mark, b: Mark): boolean {
  return (
    a.position?.generation === b.position?.generation &&
    a.position?.index === b.position?.index &&
    a.position?.offset === b.position?.offset &&
    a.ltx?.txid === b.ltx?.txid &&
    a.ltx?.salts === b.ltx?.salts &&
    a.ltx?.offset === b.ltx?.offset
  );
}
