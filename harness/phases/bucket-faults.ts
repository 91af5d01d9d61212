import { DrillError } from '../errors.ts';
import type { DeadHost } from '../host/host.ts';
import type { BucketFault } from '../scenario/bucket-fault.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { S3Settings } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import { makeHoles } from './bucket-hole.ts';
import { mirrorBucket } from './bucket-mirror.ts';
import { damageObjects } from './bucket-object.ts';
import { renewGenerations } from './bucket-renewed.ts';
import type { DrillContext } from './context.ts';
import { noteUploads } from './uploads.ts';

/** Whether a fault took effect, how often, and from which store the fleet is to be restored now. */
export interface Planted {
  readonly engaged: boolean;
  readonly count: number;
  readonly store?: Store;
}

/** What the scenario breaks in the bucket. */
export function bucketFaultsOf({ faults }: Scenario): BucketFault[] {
  return faults.filter(isBucketFault);
}

function isBucketFault(fault: Scenario['faults'][number]): fault is BucketFault {
  return fault.kind.startsWith('bucket-');
}

/**
 * Plants what the scenario declares in the bucket, between kill and restore: with a credential of its own, so that it is
 * told apart from a dead host that goes on. A fault counts as engaged when the bucket shows it. `_dead`: only then.
 * Returns the store to restore from: it may be a copy.
 */
export async function plantBucketFaults(drill: DrillContext, store: Store, _dead: DeadHost): Promise<Store> {
  const { saboteur } = store;
  if (saboteur === undefined) throw cannotPlant(store);
  // What is taken out of the bucket now must be missed when an instant is restored.
  if (drill.scenario.recovery.instants !== undefined) await noteUploads(drill, store);
  let from = store;
  const struck = new Set<string>();
  for (const fault of bucketFaultsOf(drill.scenario)) {
    const { engaged, count, store: copy } = await plant(drill, from, saboteur, fault, struck);
    drill.found.faults.push({ id: fault.id, engaged, count });
    from = copy ?? from;
  }
  drill.found.store = from;
  return from;
}

function plant(
  drill: DrillContext,
  store: Store,
  saboteur: S3Settings,
  fault: BucketFault,
  struck: Set<string>,
): Promise<Planted> {
  switch (fault.kind) {
    case 'bucket-hole':
      return makeHoles(drill, store, saboteur, fault);
    case 'bucket-object':
      return damageObjects(drill, store, saboteur, fault, struck);
    case 'bucket-mirrored':
      return mirrorBucket(drill, store, saboteur, fault);
    case 'bucket-renewed':
      return renewGenerations(drill, store, saboteur, fault);
    default:
      return fault satisfies never;
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
