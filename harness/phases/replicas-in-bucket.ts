import { databasesInBucket, type ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import type { Store } from '../store/store.ts';

/** What the bucket holds of each database now, in the drill's prefix. */
export async function replicasInBucket({
  observer,
  prefix,
}: Pick<Store, 'observer' | 'prefix'>): Promise<ReplicatedDatabase[]> {
  return databasesInBucket(await observer.list(`${prefix}/`), prefix);
}
