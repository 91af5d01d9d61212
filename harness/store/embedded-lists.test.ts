import { expect, it } from 'vitest';
import { withNextPage } from './embedded-lists.ts';

const page = (rest: string, truncated = true): string =>
  `<ListBucketResult><IsTruncated>${truncated}</IsTruncated>${rest}</ListBucketResult>`;

it('goes on after whatever comes last on the page, folder or object', () => {
  const entries =
    '<Contents><Key>p/b</Key></Contents><CommonPrefixes><Prefix>p/c&amp;d/</Prefix></CommonPrefixes>';
  expect(withNextPage(page(`<NextMarker>p/b</NextMarker>${entries}`))).toContain(
    '<NextMarker>p/c&amp;d/</NextMarker>',
  );
  const token = Buffer.from('p/c&d/').toString('base64');
  expect(withNextPage(page(`<NextContinuationToken>x</NextContinuationToken>${entries}`))).toContain(
    `<NextContinuationToken>${token}</NextContinuationToken>`,
  );
});

it('leaves a last page and everything else as it is', () => {
  const last = page('<Contents><Key>a</Key></Contents>', false);
  expect(withNextPage(last)).toBe(last);
  expect(withNextPage('<x/>')).toBe('<x/>');
});
