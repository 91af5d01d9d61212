import { reasonOf } from './failure.ts';
import type { LeaseClock } from './lease-clock.ts';
import { fenceEarlyMs, fuseEarlyMs, type LeaseRecord, type LeaseTiming } from './lease-record.ts';
import type { LeaseStore, SeenLease } from './lease-store.ts';
import type { Log } from './log.ts';

/**
 * The right to replicate to one prefix, held by one supervisor at a time: an object in the bucket that its holder renews.
 *
 * What makes it safe is who measures what. The holder counts from the moment at which it *began* a renewal, by its own
 * clock, and has stopped its Litestream before that is `durationMs` ago. A challenger (lease-challenge.ts) counts from the
 * moment at which it *had read* a version, by its own clock, and takes over only a version that has not changed for longer than
 * that. No host looks at another's clock; only their rates must agree, to 5 %. The store decides every race: each write
 * names the version that it replaces.
 *
 * Assumed: the store's conditional writes are atomic (without them, lease-store.ts does what can be done and says so);
 * the clock goes on while the machine is suspended (lease-clock.ts); and SIGKILL ends Litestream within the reserve
 * (a tenth of the lease). A supervisor that is stopped while its Litestream goes on is what the fuse is for (lease-fuse.ts).
 *
 * Not guaranteed, because Litestream's own uploads carry no number that a store could refuse: a machine stopped as a whole
 * for longer than the lease uploads for the milliseconds until the fuse runs again when it goes on; and an upload whose
 * bytes the kernel already had may arrive after its process was killed.
 */
export class Lease {
  readonly #options: LeaseOptions;
  #held: Held;
  #standing: Standing = 'held';
  #validUntilMs: number;
  #nextTryMs: number;
  #failing = false;

  private constructor(options: LeaseOptions, held: Held, beganMs: number) {
    this.#options = options;
    this.#held = held;
    this.#validUntilMs = beganMs + options.timing.durationMs;
    this.#nextTryMs = beganMs + options.timing.renewMs;
  }

  /** Takes the lease in the place of `seen`; null: somebody else was faster. */
  static async take(options: LeaseOptions, seen: SeenLease | null): Promise<Lease | null> {
    const { clock, owner, timing, host, dataDir } = options;
    const now = new Date().toISOString();
    const record: LeaseRecord = {
      schemaVersion: 1,
      owner,
      epoch: (seen?.record.epoch ?? 0) + 1,
      renewal: 0,
      ...timing,
      released: false,
      host,
      dataDir,
      since: now,
      renewedAt: now,
    };
    const beganMs = clock.nowMs();
    const etag = await within(options, timing.durationMs / 2, (signal) =>
      options.store.write(record, seen?.etag ?? null, signal),
    );
    return etag === null ? null : new Lease(options, { record, etag }, beganMs);
  }

  /** When the lease is over, by the lease clock. */
  get validUntilMs(): number {
    return this.#validUntilMs;
  }

  /** Until when Litestream may run. */
  get mayWriteUntilMs(): number {
    return this.#validUntilMs - fenceEarlyMs(this.#options.timing.durationMs);
  }

  mayWrite(): boolean {
    return this.#standing === 'held' && this.#options.clock.nowMs() < this.mayWriteUntilMs;
  }

  status(): LeaseStatus {
    const { owner, epoch, since } = this.#held.record;
    return { state: this.#standing, owner, epoch, since };
  }

  /** Renews until `ended`. Answers null then, or at once the record of whoever has taken the lease. */
  async keep(duties: LeaseDuties, ended: AbortSignal): Promise<LeaseRecord | null> {
    const { clock, log } = this.#options;
    while (!ended.aborted) {
      const nowMs = clock.nowMs();
      if (this.#standing === 'held' && nowMs >= this.mayWriteUntilMs) {
        this.#standing = 'expired';
        log.write('error', 'the lease could not be renewed; litestream is stopped until it can', {
          lateMs: Math.round(nowMs - this.mayWriteUntilMs),
        });
        await duties.fence(this.#validUntilMs - fuseEarlyMs(this.#options.timing.durationMs) - nowMs);
        continue;
      }
      const wakeMs =
        this.#standing === 'held' ? Math.min(this.#nextTryMs, this.mayWriteUntilMs) : this.#nextTryMs;
      if (nowMs < wakeMs) {
        await clock.sleep(wakeMs - nowMs, ended);
        continue;
      }
      const other = await this.#renew(duties, ended);
      if (other === null) continue;
      this.#standing = 'lost';
      await duties.fence(0);
      return other;
    }
    return null;
  }

  /** Gives the lease back, so that a successor need not wait. Litestream must have ended. Never throws. */
  async release(): Promise<void> {
    if (this.#standing !== 'held' && this.#standing !== 'expired') return;
    this.#standing = 'released';
    const { store, log } = this.#options;
    try {
      const given = await within(this.#options, RELEASE_LIMIT_MS, async (signal) => {
        const give = (): Promise<string | null> =>
          store.write({ ...this.#next(), released: true }, this.#held.etag, signal);
        if ((await give()) !== null) return true;
        // A renewal of ours whose answer was lost may have come through.
        const seen = await store.read(signal);
        if (seen === null || !this.#isOurs(seen.record)) return false;
        this.#held = seen;
        return (await give()) !== null;
      });
      if (!given) log.write('warn', 'the lease is no longer ours to give back');
    } catch (error) {
      log.write('warn', 'the lease could not be given back and will run out', { error: reasonOf(error) });
    }
  }

  /** One renewal. Answers the record of another holder, null when there is none. */
  async #renew(duties: LeaseDuties, ended: AbortSignal): Promise<LeaseRecord | null> {
    const { clock, timing, store, log } = this.#options;
    const beganMs = clock.nowMs();
    const leftMs = this.#standing === 'held' ? this.mayWriteUntilMs - beganMs : Number.POSITIVE_INFINITY;
    const limitMs = Math.min(timing.durationMs / 6, leftMs);
    const record = this.#next();
    // In any case not again at once.
    this.#nextTryMs = beganMs + timing.renewMs / 4;
    try {
      const write = (signal: AbortSignal): Promise<string | null> =>
        store.write(record, this.#held.etag, signal);
      const etag = await within(this.#options, limitMs, write, ended);
      if (etag !== null) {
        await this.#renewed({ record, etag }, beganMs, duties);
        return null;
      }
      const seen = await within(this.#options, limitMs, (signal) => store.read(signal), ended);
      if (seen !== null && !this.#isOurs(seen.record)) return seen.record;
      // A write of ours whose answer was lost has come through; or somebody has removed the object.
      this.#held = seen ?? { record: this.#held.record, etag: null };
    } catch (error) {
      if (!this.#failing && !ended.aborted) {
        log.write('warn', 'the lease could not be renewed; trying again', {
          error: reasonOf(error),
          leftMs: Math.round(this.mayWriteUntilMs - clock.nowMs()),
        });
        duties.doubt();
      }
      this.#failing = true;
    }
    return null;
  }

  async #renewed(held: Held, beganMs: number, duties: LeaseDuties): Promise<void> {
    const { clock, timing, log } = this.#options;
    if (this.#failing) log.write('info', 'the lease is renewed again');
    this.#failing = false;
    this.#held = held;
    this.#validUntilMs = beganMs + timing.durationMs;
    this.#nextTryMs = beganMs + timing.renewMs;
    // A machine that stood still in between has no use for it: the next renewal decides.
    if (clock.nowMs() >= this.mayWriteUntilMs) return;
    const wasExpired = this.#standing === 'expired';
    this.#standing = 'held';
    await duties.extend(this.#validUntilMs);
    if (!wasExpired) return;
    await duties.resume();
  }

  #isOurs({ owner, epoch }: LeaseRecord): boolean {
    return owner === this.#held.record.owner && epoch === this.#held.record.epoch;
  }

  #next(): LeaseRecord {
    const { record } = this.#held;
    return { ...record, renewal: record.renewal + 1, renewedAt: new Date().toISOString() };
  }
}

/** The version that our next write replaces; `etag` null: the object has gone. */
interface Held {
  readonly record: LeaseRecord;
  readonly etag: string | null;
}

export interface LeaseOptions {
  readonly store: LeaseStore;
  readonly clock: LeaseClock;
  readonly timing: LeaseTiming;
  readonly owner: string;
  readonly host: string;
  readonly dataDir: string;
  readonly log: Log;
}

/** What a holder does as its lease comes and goes. */
export interface LeaseDuties {
  /** Litestream may run until shortly before this instant of the lease clock. */
  extend(validUntilMs: number): Promise<void>;
  /** Ends Litestream and lets none start: at once, or within `leftMs` where that is more than 0. */
  fence(leftMs: number): Promise<void>;
  /** Lets Litestream run again. */
  resume(): Promise<void>;
  /** It could not be renewed: the store may be away, or refuse us. */
  doubt(): void;
}

/** `expired`: it could not be renewed in time and nobody is known to have taken it. `lost`: somebody has. */
type Standing = 'held' | 'expired' | 'lost' | 'released';

export interface LeaseStatus {
  readonly state: Standing;
  readonly owner: string;
  readonly epoch: number;
  readonly since: string;
}

const RELEASE_LIMIT_MS = 2000;

/** Ends in time whatever the store's client does: what hangs on this is more than a request. Ends at `ended` too. */
export async function within<T>(
  { clock }: Pick<LeaseOptions, 'clock'>,
  limitMs: number,
  act: (signal: AbortSignal) => Promise<T>,
  ended?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const enough = ended === undefined ? done.signal : AbortSignal.any([done.signal, ended]);
  const late = clock.sleep(limitMs, enough).then((): never => {
    over.abort();
    throw new Error(`no answer within ${Math.round(limitMs)} ms`);
  });
  try {
    return await Promise.race([act(over.signal), late]);
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}
