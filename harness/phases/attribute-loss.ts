import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { partLostWrites } from '../attribution/lost-at.ts';
import { placesOf } from '../attribution/places.ts';
import { lastLitestream } from '../planned-drill.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';
import { limitedSignal } from '../limited-signal.ts';

/** An answer that has not come by then is none: attribution explains a loss, and decides nothing. */
const READ_TIMEOUT_MS = 5000;

/**
 * For every lost write: where it was when the host died, from the lost disk and from what the bucket held at the kill. It comes after
 * all that is measured, so that no recovery time counts it.
 */
export async function attributeLoss(drill: DrillContext, store: Store): Promise<void> {
  const { found, paths, order, recorder } = drill;
  const { verification, bucketAtKill } = found;
  if (verification === null || bucketAtKill === null) return;
  const losers = [...verification.databases.values()].filter(({ lostWrites }) => lostWrites.length > 0);
  const replicas = new Map(bucketAtKill.map((replica) => [replica.path, replica]));
  const scratchDir = await mkdtemp(join(paths.work, 'attribution-'));
  const etagsAtKill = new Map(found.objectsAtKill.map(({ key, etag }) => [key, etag]));
  const lostAt = new Map<string, ReturnType<typeof partLostWrites>>();
  try {
    for (const { path, lostWrites } of losers) {
      const places = await placesOf({
        file: join(paths.deadDisk, path),
        scratchDir,
        line: lastLitestream(order).line,
        replica: replicas.get(path),
        readObject: async (key) => {
          const signal = limitedSignal(READ_TIMEOUT_MS, order.signal);
          const now = await store.observer.read(key, signal).catch(() => null);
          return now === null || isAnother(now.etag, etagsAtKill.get(key)) ? null : now.body;
        },
      });
      lostAt.set(path, partLostWrites(lostWrites, places));
      recorder.progress(lostAt.size, losers.length, 'databases with a loss');
    }
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
  found.lostAt = lostAt;
}

/** Whether an object has been put in the place of the one that was there at the kill: that one can be read no more. */
function isAnother(now: string, atKill: string | undefined): boolean {
  return atKill !== undefined && bare(now) !== bare(atKill);
}

/** Some stores put quotes around it in one answer, and none in another. */
function bare(etag: string): string {
  return etag.replaceAll('"', '');
}
