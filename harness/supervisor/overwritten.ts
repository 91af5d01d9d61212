import { fileIdentity } from '../litestream/file-identity.ts';
import type { DiscoveredDatabase } from './discover.ts';

/**
 * Notices databases over which another was copied. The file is the same then, and Litestream reads on; but whoever does
 * that removes the WAL and its index first, and as long as somebody has a database open nobody else does. Litestream has
 * it open, and while it is replaced, or takes the database in, the guard.
 */
export class Overwritten {
  readonly #indexes = new Map<string, { readonly identity: string; readonly index: string }>();

  /** Nobody has had the databases open for a while: whichever index is there now is the one to go by. */
  forgetAll(): void {
    this.#indexes.clear();
  }

  /** They are about to be taken in. `held`: somebody has them open, so that their index stays until Litestream has them. */
  takenIn(databases: readonly DiscoveredDatabase[], { held }: { held: boolean }): void {
    for (const { path, file, identity } of databases) {
      const index = held ? fileIdentity(`${file}-shm`) : '';
      if (index === '') this.#indexes.delete(path);
      else this.#indexes.set(path, { identity, index });
    }
  }

  /**
   * Those whose WAL index is another than the one to go by, each time until they are taken in. `isHeld`: whether Litestream has
   * an index open, by its identity. One that it has not is nobody's: the application may remove it with its last connection, and
   * a fleet of five hundred that is begun anew is waited for longer than that.
   */
  among(
    databases: readonly DiscoveredDatabase[],
    isHeld: (index: string) => boolean,
  ): readonly DiscoveredDatabase[] {
    return databases.filter(({ path, file, identity }) => {
      const index = fileIdentity(`${file}-shm`);
      const known = this.#indexes.get(path);
      if (index === '' || (known?.identity === identity && known.index === index)) return false;
      if (known?.identity === identity) return true;
      // The first look at this file.
      if (isHeld(index)) this.#indexes.set(path, { identity, index });
      return false;
    });
  }
}
