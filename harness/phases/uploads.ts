import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readDeadDatabase } from '../attribution/dead-database.ts';
import { type UploadHistory, uploadHistory } from '../attribution/upload-history.ts';
import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';
import { limitedSignal } from '../limited-signal.ts';

/** An answer that has not come by then is none, and the check says that it could not be made. */
const READ_TIMEOUT_MS = 5000;

/**
 * What had been uploaded of each database by when, from the objects themselves. Before anything is planted in the bucket, if
 * anything is: else it can wait until nobody waits for the recovery.
 */
export async function noteUploads(drill: DrillContext, store: Store): Promise<void> {
  const { found, paths } = drill;
  found.uploads = await readUploads(drill, store, found.bucketAtKill ?? [], paths.deadDisk);
}

/** The same of what a bucket holds now. `dataDir`: where the databases lie, dead or alive; nothing there is changed. */
export async function readUploads(
  { paths, order }: DrillContext,
  store: Store,
  replicas: readonly ReplicatedDatabase[],
  dataDir: string,
): Promise<ReadonlyMap<string, UploadHistory>> {
  const scratchDir = await mkdtemp(join(paths.work, 'uploads-'));
  const readObject = async (key: string): Promise<Uint8Array | null> => {
    const signal = limitedSignal(READ_TIMEOUT_MS, order.signal);
    return (await store.observer.read(key, signal).catch(() => null))?.body ?? null;
  };
  const historyOf = async (replica: ReplicatedDatabase): Promise<UploadHistory> => {
    const database = readDeadDatabase(join(dataDir, replica.path), scratchDir);
    return database === null ? null : uploadHistory(replica, database.statePage, readObject);
  };
  try {
    const histories = replicas.map(async (replica) => [replica.path, await historyOf(replica)] as const);
    return new Map(await Promise.all(histories));
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}
