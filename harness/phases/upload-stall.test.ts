import { expect, it } from 'vitest';
import { monotonicUs } from '../clock.ts';
import { planDrill } from '../scenario/plan.ts';
import { scenarioSchema } from '../scenario/schema.ts';
import type { S3Object } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import { UploadStall } from './upload-stall.ts';

const PLAN = planDrill(
  scenarioSchema.parse({
    id: 'stall',
    title: 'stall',
    tier: 'nightly',
    fleet: { realms: 1, appsPerRealm: 4, idleShare: 0.25 },
    disaster: { kind: 'host-loss' },
    objectives: ['rpoMs max < 1000'],
  }),
  7,
);
const APPS = PLAN.databases.filter(({ kind }) => kind === 'app');
const BUSY = APPS.filter(({ idle }) => !idle).map(({ path }) => path);

/** A drill of four apps, one of them idle, and a bucket that holds what `keys` says. */
function rig(keys: () => readonly string[], wanted: { for: string; databases: number }) {
  const found: { loadEnd?: DrillContext['found']['loadEnd'] } = {};
  const list = (): Promise<S3Object[]> =>
    Promise.resolve(keys().map((key) => ({ key, sizeBytes: 1, modifiedAt: new Date(0) })));
  const watch = new UploadStall(
    { found, plan: PLAN, order: { clock: { nowUs: monotonicUs } } } as unknown as DrillContext,
    { observer: { list }, prefix: 'prod' } as unknown as Store,
    wanted,
  );
  return { found, watch };
}

function ltx(path: string, level: number, txid: number): string {
  const id = txid.toString(16).padStart(16, '0');
  return `prod/${path}/000${level}/${level === 0 ? id : '0'.repeat(15).concat('1')}-${id}.ltx`;
}

function segment(path: string, offset: number): string {
  return `prod/${path}/generations/0123456789abcdef/wal/00000000_${offset.toString(16).padStart(8, '0')}.wal.lz4`;
}

const until = { timeoutMs: 10_000, everyMs: 20, signal: new AbortController().signal };

/** A bucket that grows by one object of each of these databases at every look. */
function growing(paths: () => readonly string[], key: (path: string, count: number) => string) {
  const keys: string[] = [];
  let count = 0;
  return (): readonly string[] => {
    count++;
    keys.push(...paths().map((path) => key(path, count)));
    return keys;
  };
}

it.each([
  ['LTX files', (path: string, count: number) => ltx(path, 0, count)],
  ['WAL segments', segment],
])('%s that go on arriving are no stall; so many databases without any are one', async (_kind, key) => {
  let alive: readonly string[] = BUSY;
  const { found, watch } = rig(
    growing(() => alive, key),
    { for: '600ms', databases: 2 },
  );
  await using _ = watch;
  await expect(
    waitFor(() => (watch.isThere ? true : null), { ...until, timeoutMs: 1500 }),
  ).resolves.toBeNull();
  expect(found.loadEnd).toEqual({ by: 'schedule', stalledForMs: 600, wanted: 2, mostStalled: 0 });
  alive = BUSY.slice(0, 2);
  await expect(
    waitFor(() => (watch.isThere ? true : null), { ...until, timeoutMs: 1500 }),
  ).resolves.toBeNull();
  expect(found.loadEnd).toMatchObject({ by: 'schedule', mostStalled: 1 });
  alive = BUSY.slice(0, 1);
  const fromUs = monotonicUs();
  await waitFor(() => (watch.isThere ? true : null), until);
  expect((monotonicUs() - fromUs) / 1000).toBeGreaterThanOrEqual(500);
  expect(found.loadEnd).toMatchObject({ by: 'stall', mostStalled: 2 });
});

it('sees nothing any more once the load is over: a dead host uploads nothing, and that is no stall', async () => {
  let alive: readonly string[] = BUSY;
  const { found, watch } = rig(
    growing(() => alive, segment),
    { for: '300ms', databases: 1 },
  );
  await using _ = watch;
  watch.stop();
  alive = [];
  await expect(
    waitFor(() => (watch.isThere ? true : null), { ...until, timeoutMs: 1000 }),
  ).resolves.toBeNull();
  expect(found.loadEnd).toMatchObject({ by: 'schedule', mostStalled: 0 });
});

it('takes what Litestream merges for no upload, and asks nothing of databases that nobody writes to', async () => {
  const { watch } = rig(
    growing(
      () => BUSY,
      (path, count) => ltx(path, 1, count),
    ),
    { for: '300ms', databases: BUSY.length },
  );
  await using _ = watch;
  await expect(waitFor(() => (watch.isThere ? true : null), until)).resolves.toBe(true);
});

it('throws what the bucket could not tell', async () => {
  const { watch } = rig(
    () => {
      throw new Error('no list today');
    },
    { for: '300ms', databases: 1 },
  );
  await using _ = watch;
  await expect(waitFor(() => (watch.isThere ? true : null), until)).rejects.toThrow('no list today');
});
