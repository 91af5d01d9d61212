import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { lastUpdateMs, newerFormat } from '../litestream/restored-format.ts';
import { randomFor } from '../random.ts';
import type { BucketRenewed } from '../scenario/bucket-fault.ts';
import type { S3Settings } from '../store/s3-client.ts';
import { openSaboteur } from '../store/saboteur.ts';
import type { Store } from '../store/store.ts';
import { busyApps, drawn } from './busy-apps.ts';
import type { DrillContext } from './context.ts';
import { replicasInBucket } from './replicas-in-bucket.ts';

/** A store may tell its times to the second only. */
const CLOCK_STEP_MS = 1000;

/**
 * Copies the generations of some databases over themselves, in the order of their upload. Engaged when the LTX files of each
 * were the newer of the two before, and its generations are by the times in the bucket now.
 */
export async function renewGenerations(
  { plan, recorder }: DrillContext,
  store: Store,
  settings: S3Settings,
  { id, databases }: BucketRenewed,
): Promise<{ engaged: boolean; count: number }> {
  const busy = busyApps(plan);
  const upgraded = (await replicasInBucket(store)).filter(
    (database) => busy.has(database.path) && isUpgraded(database),
  );
  const chosen = drawn(upgraded, databases, randomFor(plan.seed, `fault/${id}`));
  const paths = new Set(chosen.map(({ path }) => path));
  const newestMs = chosen.reduce((most, database) => Math.max(most, lastUpdateMs(database)), 0);
  // By our clock, which need not be the store's: whether it was enough is seen below.
  await sleep(Math.min(CLOCK_STEP_MS, Math.max(0, newestMs + CLOCK_STEP_MS - Date.now())));
  using saboteur = openSaboteur(settings);
  for (const { key } of chosen.flatMap(generationObjects)) await saboteur.put(key, await saboteur.take(key));
  const renewed = (await replicasInBucket(store)).filter(
    (database) => paths.has(database.path) && newerFormat(database) === 'generations',
  );
  recorder.note('info', `${id}: ${[...paths].join(', ')}`);
  return { engaged: renewed.length === databases, count: renewed.length };
}

function isUpgraded(database: ReplicatedDatabase): boolean {
  return database.generations.length > 0 && newerFormat(database) === 'ltx';
}

function generationObjects({ generations }: ReplicatedDatabase) {
  return generations
    .flatMap(({ snapshots, segments }) => [...snapshots, ...segments])
    .toSorted((a, b) => a.modifiedAt.getTime() - b.modifiedAt.getTime());
}
