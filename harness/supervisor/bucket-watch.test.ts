import { expect, test } from 'vitest';
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
