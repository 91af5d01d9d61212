import { wallTimeOf } from '../clock.ts';
import { DrillError } from '../errors.ts';
import type { DeadHost } from '../host/host.ts';
import { holeAt } from '../litestream/bucket-hole.ts';
import { databasesInBucket } from '../litestream/bucket-layout.ts';
import { randomFor } from '../random.ts';
import type { BucketHole } from '../scenario/bucket-fault.ts';
import { durationMs } from '../scenario/schema.ts';
import { openS3, type S3Settings } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';

/**
 * Plants what the scenario declares in the bucket, between kill and restore: with a credential of its own, so that it is
 * told apart from a dead host that goes on. A fault counts as engaged when the bucket shows it. `_dead`: only then.
 */
export async function plantBucketFaults(drill: DrillContext, store: Store, _dead: DeadHost): Promise<void> {
  const { saboteur } = store;
  if (saboteur === undefined) throw cannotPlant(store);
  for (const fault of bucketFaultsOf(drill)) {
    const planted = await makeHoles(drill, store, saboteur, fault);
    drill.found.faults.push({ id: fault.id, ...planted });
  }
}

/** Those faults of a scenario that strike the bucket. */
export function bucketFaultsOf({ scenario }: Pick<DrillContext, 'scenario'>): BucketHole[] {
  return scenario.faults.filter((fault) => fault.kind === 'bucket-hole');
}

async function makeHoles(
  { plan, found, order, recorder }: DrillContext,
  store: Store,
  saboteur: S3Settings,
  fault: BucketHole,
): Promise<{ engaged: boolean; count: number }> {
  const killUs = found.kill?.atUs ?? order.clock.nowUs();
  const atMs = wallTimeOf(killUs, order.clock).getTime() - durationMs(fault.beforeKill);
  const busy = new Set(
    plan.databases.flatMap(({ kind, idle, path }) => (kind === 'app' && !idle ? [path] : [])),
  );
  const holes = databasesInBucket(await store.observer.list(`${store.prefix}/`), store.prefix)
    .filter(({ path }) => busy.has(path))
    .flatMap((database) => {
      const keys = holeAt(database, atMs);
      return keys === null ? [] : [{ path: database.path, keys }];
    });
  const random = randomFor(plan.seed, `fault/${fault.id}`);
  const chosen = Array.from({ length: Math.min(fault.databases, holes.length) }, () =>
    holes.splice(random.int(0, holes.length - 1), 1),
  ).flat();
  const keys = chosen.flatMap((hole) => hole.keys);
  await remove(saboteur, keys);
  const left = new Set((await store.observer.list(`${store.prefix}/`)).map(({ key }) => key));
  const gone = keys.filter((key) => !left.has(key));
  for (const hole of chosen) recorder.note('info', `${fault.id}: ${hole.keys.join(', ')} removed`);
  return { engaged: chosen.length === fault.databases && gone.length === keys.length, count: gone.length };
}

async function remove(saboteur: S3Settings, keys: readonly string[]): Promise<void> {
  const client = openS3(saboteur);
  try {
    await client.remove(keys);
  } finally {
    client.close();
  }
}

function cannotPlant({ kind }: Store): DrillError {
  return new DrillError('DRILL_E_STORE_START', {
    what: `no fault can be planted in the bucket of the ${kind} store`,
    why: "it gives no credential for that apart from the host's own, whose late uploads are a failure",
    fix: 'run this scenario with --store=minio or --store=embedded',
    exit: 3,
  });
}
