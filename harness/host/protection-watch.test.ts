import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { waitFor } from '../waiting.ts';
import { ProtectionWatch } from './protection-watch.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-watch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A watch on a store that answers, or not, and a clock that stands until it is moved. */
function watching(list: () => Promise<never[]>) {
  let nowUs = 1_000_000;
  let looks = 0;
  const observer = {
    list: () => {
      looks++;
      return list();
    },
  };
  const store = { prefix: 'prod', observer } as unknown as Store;
  const clock = { nowUs: () => nowUs } as unknown as Clock;
  const watch = new ProtectionWatch(store, folder, clock, 'generations');
  /** One more look has begun and ended. */
  const looked = async (): Promise<void> => {
    const enough = looks + 2;
    const signal = new AbortController().signal;
    await waitFor(() => looks >= enough || null, { timeoutMs: 10_000, everyMs: 5, signal });
  };
  const pass = (ms: number): void => {
    nowUs += ms * 1000;
  };
  return { watch, looked, pass };
}

it.each(['drill-watch-', 'drill-litestream-killed-'])(
  'sees the databases and not what Litestream keeps beside them, wherever the host lies: %s',
  async (name) => {
    rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), name));
    for (const file of ['system.db', '.system.db-litestream/generations/x.db', 'realms/a/realm.db']) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), '');
    }
    const { watch, looked } = watching(() => Promise.resolve([]));
    await using _ = watch;
    await looked();
    expect(watch.databases).toBe(2);
  },
);

it('sees, and is blind once no look has succeeded for a while', async () => {
  let answers = true;
  const { watch, looked, pass } = watching(() =>
    answers ? Promise.resolve([]) : Promise.reject(new Error('ECONNREFUSED')),
  );
  await using _ = watch;
  await looked();
  expect(watch.blindness).toBeNull();
  answers = false;
  await looked();
  // A single look may fail: a file was being removed.
  pass(4000);
  expect(watch.blindness).toBeNull();
  pass(1000);
  expect(watch.blindness).toBe('ECONNREFUSED (not for 5.0 s)');
  answers = true;
  await looked();
  expect(watch.blindness).toBeNull();
});

it('is blind from the beginning where no look has ever succeeded', async () => {
  const { watch, looked } = watching(() => Promise.reject(new Error('ECONNREFUSED')));
  await using _ = watch;
  await looked();
  expect(watch.blindness).toBe('ECONNREFUSED (it never could)');
});

it('is blind when a look does not end, but not while a long one lasts', async () => {
  const end = Promise.withResolvers<never[]>();
  const { watch, pass } = watching(() => end.promise);
  pass(59_000);
  expect(watch.blindness).toBeNull();
  pass(1000);
  expect(watch.blindness).toBe('a look does not end (it never could)');
  end.resolve([]);
  await watch[Symbol.asyncDispose]();
});
