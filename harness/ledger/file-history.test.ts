import { describe, expect, test } from 'vitest';
import { FileHistoryBuilder } from './file-history.ts';
import type { BlobRecord, HookRecord } from './records.ts';

const DB = 'realms/acme/apps/shop/data.db';
const FATE = { db: DB, file: 'f' } as const;
const PUT: BlobRecord = { t: 'blob-put', ...FATE, sizeBytes: 3, sha256: 'aa', at: 1 };

function blobsOf(...records: BlobRecord[]): { blobs: unknown[]; problems: (string | null)[] } {
  const builder = new FileHistoryBuilder();
  const problems = records.map((record) => builder.addBlob(record, false)).filter((one) => one !== null);
  return { blobs: [...builder.blobs.values()].map((one) => [one.storedUs, one.deletedUs]), problems };
}

function hook(sha256: string, at: number): HookRecord {
  return { t: 'hook', db: DB, name: 'a.js', sha256, at };
}

describe('a blob', () => {
  test.each([
    ['begun', [PUT], [[null, null]]],
    ['stored', [PUT, { t: 'blob-stored', ...FATE, at: 2 }], [[2, null]]],
    ['refused', [PUT, { t: 'blob-refused', ...FATE, at: 2, error: 'x' }], [[null, null]]],
    ['deleted', [PUT, { t: 'blob-stored', ...FATE, at: 2 }, { t: 'blob-deleted', ...FATE, at: 3 }], [[2, 3]]],
    [
      'deleted before its put ended, so that it is there after all',
      [PUT, { t: 'blob-deleted', ...FATE, at: 2 }, { t: 'blob-stored', ...FATE, at: 3 }],
      [[3, null]],
    ],
  ] satisfies [string, BlobRecord[], unknown][])('that was %s', (_, records, blobs) => {
    expect(blobsOf(...records)).toEqual({ blobs, problems: [] });
  });

  test('that was put twice, or never, is a problem of the ledger', () => {
    expect(blobsOf(PUT, PUT).problems).toEqual(['puts the blob f a second time']);
    expect(blobsOf({ t: 'blob-stored', ...FATE, at: 2 }).problems).toEqual([
      'tells the fate of the blob f, which was never put',
    ]);
  });
});

test('a hook is committed as it was seeded, and live as it was saved last', () => {
  const builder = new FileHistoryBuilder();
  expect(builder.addHook(hook('aa', 1), true)).toBeNull();
  expect(builder.addHook(hook('bb', 2), false)).toBeNull();
  expect(builder.addHook(hook('cc', 3), false)).toBeNull();
  expect(builder.addHook({ ...hook('dd', 4), name: 'new.js' }, false)).toBeNull();
  expect([...builder.hooks.values()]).toEqual([
    { name: 'a.js', committedSha256: 'aa', liveSha256: 'cc', editsUs: [2, 3] },
    { name: 'new.js', committedSha256: null, liveSha256: 'dd', editsUs: [4] },
  ]);
  expect(builder.addHook(hook('aa', 5), true)).toBe('seeds the hook a.js a second time');
});
