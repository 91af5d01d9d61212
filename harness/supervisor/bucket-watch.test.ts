import { describe, expect, test } from 'vitest';
import type { Contact, S3Client } from '../store/s3-client.ts';
import { BucketWatch } from './bucket-watch.ts';

/** A store that lists nothing, and whose clock is so far behind ours; null: it has not answered yet. */
function watchWith(
  clockSkewMs: number | null,
  list: S3Client['list'] = () => Promise.resolve([]),
): BucketWatch {
  const contact: Contact | null =
    clockSkewMs === null ? null : { url: 'http://store', address: null, server: null, clockSkewMs };
  const client = { list, contact: () => contact } as unknown as S3Client;
  return new BucketWatch({ client, prefix: 'prod', stallMs: 1000, rule: 'newer' });
}

test('says how far the clocks are apart, and names it only where it does harm', async () => {
  const near = watchWith(4 * 60_000);
  await near.look(() => []);
  expect(near.bucket.clockSkewMs).toBe(240_000);
  expect(near.clockProblem).toBeNull();
  const far = watchWith(-20 * 60_000);
  await far.look(() => []);
  expect(far.bucket.clockSkewMs).toBe(-1_200_000);
  expect(far.clockProblem?.what).toContain('1200 s behind');
});

test('also when the store refuses the listing, and not before it has answered', async () => {
  const refused = watchWith(20 * 60_000, () => Promise.reject(new Error('RequestTimeTooSkewed')));
  await refused.look(() => []);
  expect(refused.bucket).toMatchObject({ error: 'RequestTimeTooSkewed', clockSkewMs: 1_200_000 });
  expect(watchWith(null).clockProblem).toBeNull();
});

describe('uploads that do not come', () => {
  /** One look a second; databases that commit between any two or never, and whether the bucket has come to a place. */
  function watching(isCovered: (path: string) => boolean): {
    /** The seconds until the next cure; null: none within so many looks. */
    secondsToCure: (most: number) => Promise<number | null>;
    stalled: () => Promise<readonly string[]>;
  } {
    let clockSec = 0;
    const databases = ['idle.db', 'busy.db'].map((path) => ({ path, file: path }));
    const protection = { protectedUs: 1, reason: 'protected', position: null };
    const watch = new BucketWatch({
      client: { list: () => Promise.resolve([]), contact: () => null } as unknown as S3Client,
      prefix: 'prod',
      stallMs: 10_000,
      rule: 'newer',
      tracker: {
        observe: () => Promise.resolve(new Map(databases.map(({ path }) => [path, protection]))),
        covers: (path) => Promise.resolve(isCovered(path)),
        replaced: () => undefined,
      },
      mark: (file, atUs) => ({
        position: null,
        ltx: { txid: 1, salts: 's', offset: file === 'idle.db' ? 0 : clockSec },
        atUs,
      }),
      clockUs: () => clockSec * 1e6,
    });
    const stalled = async (): Promise<readonly string[]> => {
      clockSec++;
      await watch.look(() => databases);
      return await watch.stalled(databases);
    };
    const secondsToCure = async (most: number): Promise<number | null> => {
      for (let seconds = 1; seconds <= most; seconds++) {
        if ((await stalled()).length === 0) continue;
        watch.forgetStalls();
        return seconds;
      }
      return null;
    };
    return { stalled, secondsToCure };
  }

  test('are noticed of a database that is written to all the time', async () => {
    const { stalled } = watching((path) => path === 'idle.db');
    const found: string[] = [];
    for (let look = 0; look < 25; look++) found.push(...(await stalled()));
    expect(new Set(found)).toEqual(new Set(['busy.db']));
  });

  test('are waited for longer after each cure, whatever becomes of the others, and no longer once they came', async () => {
    let isHanging = true;
    const { secondsToCure } = watching((path) => path === 'idle.db' || !isHanging);
    const waited = [await secondsToCure(100), await secondsToCure(100), await secondsToCure(100)];
    isHanging = false;
    expect(await secondsToCure(200)).toBeNull();
    isHanging = true;
    // A mark is a second older than the first look after it, and a new one is set where the last was reached.
    expect(waited).toEqual([12, 22, 42]);
    expect(await secondsToCure(100)).toBeLessThan(22);
  });
});
