import { fileIdentity } from '../litestream/file-identity.ts';
import type { DiscoveredDatabase } from './discover.ts';

/**
 * Notices databases over which another was copied. The file is the same then, and Litestream reads on; but whoever does
 * that removes the WAL and its index first, and as long as somebody has a database open nobody else does. Litestream has
 * it open, and while it is replaced the guard.
 */
export class Overwritten {
  readonly #settleMs: number;
  readonly #nowMs: () => number;
  readonly #indexes = new Map<string, { readonly identity: string; readonly index: string }>();
  /** From when on the index of a database counts again, after it was taken in anew. */
  readonly #from = new Map<string, number>();

  constructor(options: { settleMs?: number; nowMs?: () => number } = {}) {
    this.#settleMs = options.settleMs ?? SETTLE_MS;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Nobody has had the databases open for a while: whichever index is there now is the one to go by. */
  forgetAll(): void {
    this.#indexes.clear();
    this.#from.clear();
  }

  /** Those whose WAL index is another than at the last look. */
  among(databases: readonly DiscoveredDatabase[]): readonly DiscoveredDatabase[] {
    const nowMs = this.#nowMs();
    return databases.filter(({ path, file, identity }) => {
      if (nowMs < (this.#from.get(path) ?? nowMs)) return false;
      const index = fileIdentity(`${file}-shm`);
      const known = this.#indexes.get(path);
      if (index === '' || (known?.identity === identity && known.index === index)) return false;
      // The first look at this file.
      if (known?.identity !== identity) {
        this.#indexes.set(path, { identity, index });
        return false;
      }
      // Where the application has it closed, taking it in makes another one.
      this.#indexes.delete(path);
      this.#from.set(path, nowMs + this.#settleMs);
      return true;
    });
  }
}

const SETTLE_MS = 3000;
