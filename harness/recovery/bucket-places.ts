import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { lastUpdateMs } from '../litestream/restored-format.ts';

/** Where databases are looked for below the prefix. documented: where RustBaas' page says. any: where its shipped program writes as well. */
export const BUCKET_LAYOUTS = ['documented', 'any'] as const;
export type BucketLayout = (typeof BUCKET_LAYOUTS)[number];

/** A database of the fleet and the replica that it is restored from. */
export interface FoundReplica {
  readonly replica: ReplicatedDatabase;
  /** What an operator should know of the choice; empty: it lies where it belongs, and only there. */
  readonly note: string;
}

/**
 * The replica of every database, by its path in data_dir. The page keeps `.db` in the prefix, `realms/acme/realm.db/…`; the shipped
 * program strips it, `realms/acme/realm/…` (docs/documented-runbook.md). Of two replicas of one database the one that was
 * updated last is taken: the other one is from before a change of the supervisor.
 */
export function placesInBucket(
  replicas: readonly ReplicatedDatabase[],
  layout: BucketLayout,
): Map<string, FoundReplica> {
  const places = new Map(replicas.map((replica) => [replica.path, { replica, note: '' }]));
  if (layout === 'documented') return places;
  for (const replica of replicas) {
    const path = strippedPath(replica.path);
    if (path === null) continue;
    places.delete(replica.path);
    const documented = places.get(path)?.replica;
    if (documented === undefined)
      places.set(path, { replica, note: `from ${replica.path}/, without the .db` });
    else places.set(path, newer(documented, replica));
  }
  return places;
}

/** Where the shipped program puts a database, back to the database's own path; null: no such place. */
function strippedPath(place: string): string | null {
  return /^(?:system|realms\/[^/]+\/(?:realm|apps\/[^/]+\/data))$/.test(place) ? `${place}.db` : null;
}

function newer(documented: ReplicatedDatabase, stripped: ReplicatedDatabase): FoundReplica {
  const replica = lastUpdateMs(stripped) > lastUpdateMs(documented) ? stripped : documented;
  return {
    replica,
    note: `from ${replica.path}/, updated after the one at ${(replica === stripped ? documented : stripped).path}/`,
  };
}
