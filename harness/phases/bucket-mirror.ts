import { setTimeout as sleep } from 'node:timers/promises';
import { randomFor } from '../random.ts';
import type { BucketMirrored } from '../scenario/bucket-fault.ts';
import type { S3Object, S3Settings } from '../store/s3-client.ts';
import { openSaboteur } from '../store/saboteur.ts';
import type { Store } from '../store/store.ts';
import { drawn } from './busy-apps.ts';
import type { DrillContext } from './context.ts';

/** A store may tell its times to the second only: between two copies of one database as much must pass. */
const CLOCK_STEP_MS = 5;

/**
 * Copies every object, one after the other in another order than they were uploaded in: over itself, or below another prefix, from
 * which the fleet is then restored. Engaged when the copies are all there with times in that order.
 */
export async function mirrorBucket(
  { plan, recorder }: DrillContext,
  store: Store,
  settings: S3Settings,
  { id, order, to, metadata: kept }: BucketMirrored,
): Promise<{ engaged: boolean; count: number; store?: Store }> {
  const prefix = to === 'elsewhere' ? `${store.prefix}-mirror` : store.prefix;
  const uploaded = byTime(await store.observer.list(`${store.prefix}/`));
  const ordered =
    order === 'reversed'
      ? uploaded.toReversed()
      : drawn(uploaded, uploaded.length, randomFor(plan.seed, `fault/${id}`));
  using saboteur = openSaboteur(settings);
  for (const { key } of ordered) {
    const { body, metadata } = await saboteur.take(key);
    const copy = `${prefix}${key.slice(store.prefix.length)}`;
    await saboteur.put(copy, { body, metadata: kept === 'kept' ? metadata : {} });
    await sleep(CLOCK_STEP_MS);
  }
  const copies = await store.observer.list(`${prefix}/`);
  const bareKeys = (objects: readonly S3Object[], of: string): string =>
    objects.map(({ key }) => key.slice(of.length)).join('\n');
  const turned = bareKeys(byTime(copies), prefix) === bareKeys(ordered, store.prefix);
  recorder.note('info', `${id}: ${copies.length} objects copied below ${prefix}/, ${order}`);
  const mirror = to === 'elsewhere' ? { store: { ...store, prefix } } : {};
  return { engaged: turned && copies.length === uploaded.length, count: copies.length, ...mirror };
}

function byTime(objects: readonly S3Object[]): S3Object[] {
  return objects.toSorted((a, b) => a.modifiedAt.getTime() - b.modifiedAt.getTime());
}
