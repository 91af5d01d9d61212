import { wallTimeOf } from '../clock.ts';
import { holeAt } from '../litestream/bucket-hole.ts';
import { randomFor } from '../random.ts';
import type { BucketHole } from '../scenario/bucket-fault.ts';
import { durationMs } from '../scenario/schema.ts';
import { openS3, type S3Settings } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import { busyApps, drawn } from './busy-apps.ts';
import type { DrillContext } from './context.ts';
import { replicasInBucket } from './replicas-in-bucket.ts';

/** Takes out of the bucket what some databases had uploaded at one instant. */
export async function makeHoles(
  { plan, found, order, recorder }: DrillContext,
  store: Store,
  saboteur: S3Settings,
  fault: BucketHole,
): Promise<{ engaged: boolean; count: number }> {
  const killUs = found.kill?.atUs ?? order.clock.nowUs();
  const atMs = wallTimeOf(killUs, order.clock).getTime() - durationMs(fault.beforeKill);
  const busy = busyApps(plan);
  const holes = (await replicasInBucket(store))
    .filter(({ path }) => busy.has(path))
    .flatMap((database) => {
      const keys = holeAt(database, atMs);
      return keys === null ? [] : [{ path: database.path, keys }];
    });
  const chosen = drawn(holes, fault.databases, randomFor(plan.seed, `fault/${fault.id}`));
  const keys = chosen.flatMap((hole) => hole.keys);
  await removeObjects(saboteur, keys);
  const left = new Set((await store.observer.list(`${store.prefix}/`)).map(({ key }) => key));
  const gone = keys.filter((key) => !left.has(key));
  for (const hole of chosen) recorder.note('info', `${fault.id}: ${hole.keys.join(', ')} removed`);
  return { engaged: chosen.length === fault.databases && gone.length === keys.length, count: gone.length };
}

/** Removes objects from the bucket. */
export async function removeObjects(saboteur: S3Settings, keys: readonly string[]): Promise<void> {
  const client = openS3(saboteur);
  try {
    await client.remove(keys);
  } finally {
    client.close();
  }
}
