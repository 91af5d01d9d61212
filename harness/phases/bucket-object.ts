import { createHash } from 'node:crypto';
import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import type { ListedObject } from '../litestream/listed-object.ts';
import { keysOfRange, objectAt, restoreChain } from '../litestream/restore-chain.ts';
import { randomFor } from '../random.ts';
import type { BucketObject } from '../scenario/bucket-fault.ts';
import type { S3Settings } from '../store/s3-client.ts';
import { openSaboteur, type Saboteur } from '../store/saboteur.ts';
import type { Store } from '../store/store.ts';
import { removeObjects } from './bucket-hole.ts';
import { busyApps, drawn } from './busy-apps.ts';
import type { DrillContext } from './context.ts';
import { replicasInBucket } from './replicas-in-bucket.ts';

interface Chain {
  readonly database: ReplicatedDatabase;
  readonly chain: readonly ListedObject[];
}

/** An object that is to be damaged, in a chain, with one of another database to take bytes from. */
interface Victim {
  readonly object: ListedObject;
  readonly database: ReplicatedDatabase;
  /** In words: where in the chain. */
  readonly place: string;
  readonly before: ListedObject | undefined;
  readonly foreign: ListedObject | undefined;
}

/**
 * Damages one object of what a restore reads, in some databases; the object that is read back must be another one. `struck`: the
 * databases that another fault has struck already, and after this those of this one too, so that each is struck once.
 */
export async function damageObjects(
  { plan, recorder }: DrillContext,
  store: Store,
  settings: S3Settings,
  fault: BucketObject,
  struck: Set<string>,
): Promise<{ engaged: boolean; count: number }> {
  const busy = busyApps(plan);
  const chains = (await replicasInBucket(store))
    .filter(({ path }) => busy.has(path))
    .map((database): Chain => ({ database, chain: restoreChain(database) }));
  const victims = chooseVictims(chains, struck, fault, plan.seed);
  using saboteur = openSaboteur(settings);
  // Of all of them before any is damaged: two may take the bytes of each other.
  const changed = await Promise.all(victims.map((victim) => changedBytes(saboteur, victim, fault.damage)));
  let damaged = 0;
  for (const [index, victim] of victims.entries()) {
    const { key } = victim.object;
    const before = await digestOf(store, key);
    const object = changed[index] ?? null;
    // On every level: what it was merged from, or merged into, would fill the hole.
    if (fault.damage === 'removed')
      await removeObjects(settings, keysOfRange(victim.database, victim.object));
    // Without anything to take nothing is put, and the fault is seen not to have engaged.
    else if (object !== null) await saboteur.put(key, object);
    const after = await digestOf(store, key);
    if (after !== before) damaged++;
    struck.add(victim.database.path);
    recorder.note('info', `${fault.id}: ${key} (${victim.place}) ${fault.damage}`);
  }
  return { engaged: damaged === fault.databases, count: damaged };
}

function chooseVictims(
  chains: readonly Chain[],
  struck: ReadonlySet<string>,
  fault: BucketObject,
  seed: number,
): Victim[] {
  const { at, databases: count, damage: kind } = fault;
  // Nothing is older than the first object.
  const from = kind === 'older' ? 1 : 0;
  const unhurt = chains.filter(
    ({ database, chain }) =>
      !struck.has(database.path) && objectAt(chain, at, { index: 0, count, from }) !== null,
  );
  const chosen = drawn(unhurt, count, randomFor(seed, `fault/${fault.id}`));
  return chosen.flatMap(({ database, chain }, index) => {
    const object = objectAt(chain, at, { index, count, from });
    if (object === null) return [];
    const place = chain.indexOf(object);
    const other = chains.find((one) => one.database !== database && one.chain.length > place);
    return [
      {
        object,
        database,
        place: `${place + 1} of ${chain.length}`,
        before: chain[place - 1],
        foreign: other?.chain[place],
      },
    ];
  });
}

/** What is put in the place of an object; null: nothing. */
async function changedBytes(
  saboteur: Saboteur,
  { object: { key }, before, foreign }: Victim,
  kind: BucketObject['damage'],
): Promise<Parameters<Saboteur['put']>[1] | null> {
  switch (kind) {
    case 'removed':
      return null;
    case 'truncated': {
      const { body, metadata } = await saboteur.take(key);
      return { body: body.subarray(0, Math.floor(body.length / 2)), metadata };
    }
    case 'bit-flipped': {
      const { body, metadata } = await saboteur.take(key);
      const middle = Math.floor(body.length / 2);
      return { body: body.map((byte, index) => (index === middle ? byte ^ 1 : byte)), metadata };
    }
    case 'older':
      return before === undefined ? null : saboteur.take(before.key);
    case 'foreign':
      return foreign === undefined ? null : saboteur.take(foreign.key);
    default:
      return kind satisfies never;
  }
}

/** Of the bytes that the store gives back now; null: it has none. */
async function digestOf({ observer }: Store, key: string): Promise<string | null> {
  const found = await observer.read(key, AbortSignal.timeout(20_000));
  return found === null ? null : createHash('sha256').update(found.body).digest('hex');
}
