import type { DiscoveredDatabase } from './discover.ts';

/** What has to be done for Litestream to replicate the databases that are there now. */
export interface Changes {
  readonly added: readonly DiscoveredDatabase[];
  readonly removed: readonly DiscoveredDatabase[];
  /** Another file than the one that is, or was, replicated at this path. */
  readonly replaced: readonly DiscoveredDatabase[];
}

/** `strangers`: paths at which a former database was replicated, and the present one has not been taken in since. */
export function changesBetween(
  replicated: readonly DiscoveredDatabase[],
  present: readonly DiscoveredDatabase[],
  strangers: ReadonlySet<string>,
): Changes {
  const before = new Map(replicated.map((database) => [database.path, database]));
  const now = new Set(present.map(({ path }) => path));
  const isReplaced = ({ path, identity }: DiscoveredDatabase): boolean =>
    strangers.has(path) || (before.has(path) && before.get(path)?.identity !== identity);
  return {
    added: present.filter((database) => !before.has(database.path) && !isReplaced(database)),
    removed: replicated.filter(({ path }) => !now.has(path)),
    replaced: present.filter(isReplaced),
  };
}
