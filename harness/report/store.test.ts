import { expect, test } from 'vitest';
import { storeInWords } from './store.ts';

test.each([
  [{ kind: 'embedded', version: 'fauxqs 2' }, 'embedded store fauxqs 2'],
  [
    { kind: 'minio', version: '1', endpoint: 'http://127.0.0.1:9000', address: '127.0.0.1' },
    'minio store 1 at http://127.0.0.1:9000',
  ],
  [
    { kind: 'external', version: 'S3', endpoint: 'https://s3.example.com', address: '192.0.2.7' },
    'external store S3 at https://s3.example.com (192.0.2.7)',
  ],
] as const)('%o is said to be %s', (store, words) => {
  expect(storeInWords({ ...store })).toBe(words);
});
