import { databasesInBucket, type ReplicatedDatabase } from './bucket-layout.ts';
import { GenerationProtection } from './generation-protection.ts';
import type { ListedObject } from './listed-object.ts';
import { localTxid } from './local-ltx.ts';
import { LtxProtection } from './ltx-protection.ts';
import { type Mark, type Protection, unprotected, type WatchedDatabase } from './protection-facts.ts';
import { formatTaken } from './restored-format.ts';
import type { RestoreRule } from './version.ts';

export {
  hasBegunAnew,
  type Mark,
  markPosition,
  type Protection,
  type WatchedDatabase,
} from './protection-facts.ts';

/**
 * When is a database protected, that is: does the bucket alone give back a sound copy of it? Judged is what a restore by
 * `rule` would take, in whichever of the two layouts that is.
 */
export class ProtectionTracker {
  readonly #prefix: string;
  readonly #rule: RestoreRule;
  readonly #generations: GenerationProtection;
  readonly #ltx = new LtxProtection();
  /** Which of the two answers for a database. */
  readonly #format = new Map<string, 'generations' | 'ltx'>();

  constructor(options: {
    prefix: string;
    readObject: (key: string) => Promise<Uint8Array>;
    /** Which layout a restore takes where both are there. Default: the one that was updated last. */
    rule?: RestoreRule;
  }) {
    const { prefix, readObject, rule = 'newer' } = options;
    this.#prefix = prefix;
    this.#rule = rule;
    this.#generations = new GenerationProtection({ readObject, rule });
  }

  /**
   * Takes in one listing of the fleet's prefix. `nowUs` is an instant before the call; what is first seen protected in
   * this listing is protected since then.
   */
  async observe(
    objects: readonly ListedObject[],
    databases: readonly WatchedDatabase[],
    nowUs: number,
  ): Promise<Map<string, Protection>> {
    const inBucket = new Map(databasesInBucket(objects, this.#prefix).map((found) => [found.path, found]));
    const answers = new Map<string, Protection>();
    const waiting = [...databases];
    const worker = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        answers.set(next.path, await this.#judge(next, inBucket.get(next.path), nowUs));
      }
    };
    await Promise.all(Array.from({ length: READERS }, worker));
    this.#forgetAllBut(new Set(databases.map(({ path }) => path)));
    return answers;
  }

  /**
   * Whether a commit made before `mark` was taken is in what a restore would give back, by the last listing observed.
   * A mark from before the present chain is covered by one that was begun after it.
   */
  async covers(path: string, mark: Mark): Promise<boolean> {
    const format = this.#format.get(path);
    if (format === undefined) return false;
    return format === 'ltx' ? this.#ltx.covers(path, mark) : this.#generations.covers(path, mark);
  }

  /** Another file lies at this path now, and nobody replicates it at this moment: what the bucket holds is not of it. */
  replaced(database: WatchedDatabase): void {
    this.#ltx.replaced(database);
    this.#generations.replaced(database);
  }

  async #judge(
    watched: WatchedDatabase,
    found: ReplicatedDatabase | undefined,
    nowUs: number,
  ): Promise<Protection> {
    const format = found === undefined ? null : formatTaken(found, this.#rule);
    if (found !== undefined && format === 'ltx') {
      this.#format.set(watched.path, 'ltx');
      this.#generations.lapse(watched.path);
      return this.#ltx.judge(watched, found, nowUs);
    }
    this.#ltx.lapse(watched.path);
    if (format === null && localTxid(watched.file) !== null) return unprotected('no LTX file in the bucket');
    this.#format.set(watched.path, 'generations');
    return this.#generations.judge(watched, found, nowUs);
  }

  #forgetAllBut(watched: ReadonlySet<string>): void {
    for (const path of this.#format.keys()) {
      if (watched.has(path)) continue;
      this.#format.delete(path);
      this.#generations.forget(path);
      this.#ltx.forget(path);
    }
  }
}

/** Segments read at once. */
const READERS = 8;
