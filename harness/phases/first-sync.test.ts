import { expect, it } from 'vitest';
import type { S3Object } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import { FirstSync } from './first-sync.ts';

/** A drill of four databases, or of others, and a bucket that shows what `arrived` says. */
function rig(arrived: () => readonly string[], databases = 4) {
  const found = { seeded: { databases }, faults: [] as DrillContext['found']['faults'] };
  const list = (): Promise<S3Object[]> =>
    Promise.resolve(arrived().map((key) => ({ key, sizeBytes: 1, modifiedAt: new Date(0) })));
  const watch = new FirstSync(
    { found } as unknown as DrillContext,
    {
      observer: { list },
      prefix: 'prod',
    } as unknown as Store,
  );
  return { found, watch };
}

const until = { timeoutMs: 5000, everyMs: 5, signal: new AbortController().signal };

function snapshotOf(path: string): string {
  return `prod/${path}/generations/0123456789abcdef/snapshots/00000000.snapshot.lz4`;
}

it('is there when the bucket has something of half of the databases, and says of how many', async () => {
  const keys = [snapshotOf('a.db')];
  const { found, watch } = rig(() => keys);
  await using _ = watch;
  await waitFor(() => (found.faults[0]?.count === 1 ? true : null), until);
  expect(watch.isThere).toBe(false);
  expect(found.faults).toEqual([{ id: 'kill in the first sync', engaged: false, count: 1 }]);
  keys.push(snapshotOf('b.db'), 'prod/c.db/notes.txt');
  await waitFor(() => (watch.isThere ? true : null), until);
  expect(found.faults).toEqual([{ id: 'kill in the first sync', engaged: true, count: 2 }]);
});

it.each([
  [31, false],
  [30, true],
])('of %d databases that are all there at the first look: engaged %s', async (databases, engaged) => {
  const all = Array.from({ length: databases }, (_, index) => snapshotOf(`${index}.db`));
  const { found, watch } = rig(() => all, databases);
  await using _ = watch;
  await waitFor(() => (found.faults[0]?.count === databases ? true : null), until);
  expect(watch.isThere).toBe(engaged);
  expect(found.faults).toEqual([{ id: 'kill in the first sync', engaged, count: databases }]);
});

it('has not engaged when half of the databases arrive only after the load', async () => {
  const keys = [snapshotOf('a.db')];
  const { found, watch } = rig(() => keys);
  await using _ = watch;
  await waitFor(() => (found.faults[0]?.count === 1 ? true : null), until);
  watch.stop();
  keys.push(snapshotOf('b.db'), snapshotOf('c.db'));
  await expect(
    waitFor(() => (watch.isThere ? true : null), { ...until, timeoutMs: 500 }),
  ).resolves.toBeNull();
  expect(found.faults).toEqual([{ id: 'kill in the first sync', engaged: false, count: 1 }]);
});

it('throws what the bucket could not tell', async () => {
  const { watch } = rig(() => {
    throw new Error('no list today');
  });
  await using _ = watch;
  await expect(waitFor(() => (watch.isThere ? true : null), until)).rejects.toThrow('no list today');
});
