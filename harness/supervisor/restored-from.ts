import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId } from './lease-clock.ts';

/** Lies in a data directory that `drill restore` has made, until a supervisor has taken the lease. */
export const RESTORED_FROM = 'litestream-restored-from.json';

/**
 * The lease as the restore saw it. Who restores a fleet to live on says that its old host is dead: that word lets the new
 * supervisor take over from this very version of the lease. A version renewed since is a sign of life, and voids it.
 */
export interface RestoredFrom {
  readonly leaseKey: string;
  readonly etag: string;
  /** When, by the lease clock of that boot. */
  readonly seenAtMs: number;
  readonly bootId: string | null;
}

/** Leaves the word in a restored folder. */
export function writeRestoredFrom(dataDir: string, word: RestoredFrom, mode: number): void {
  writeFileSync(join(dataDir, RESTORED_FROM), `${JSON.stringify(word)}\n`, { mode });
}

/** What a restore has left about this lease. `seenAtMs` is null where it was seen by another machine's clock. */
export function readRestoredFrom(
  dataDir: string,
  key: string,
): { readonly etag: string; readonly seenAtMs: number | null } | null {
  try {
    const word = JSON.parse(readFileSync(join(dataDir, RESTORED_FROM), 'utf8')) as Partial<RestoredFrom>;
    if (word.leaseKey !== key || typeof word.etag !== 'string') return null;
    const ourClock = word.bootId != null && word.bootId === bootId();
    return {
      etag: word.etag,
      seenAtMs: ourClock && typeof word.seenAtMs === 'number' ? word.seenAtMs : null,
    };
  } catch {
    return null; // this folder was not restored, or its supervisor has run before
  }
}

export function removeRestoredFrom(dataDir: string): void {
  rmSync(join(dataDir, RESTORED_FROM), { force: true });
}
