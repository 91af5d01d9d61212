import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SAVED_LISTING, saveListing } from './saved-listing.ts';

test('a listing is kept with every object, and its ETag where the store has one', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drill-listing-'));
  const modifiedAt = new Date('2026-11-01T00:00:00.000Z');
  try {
    await saveListing(folder, [
      { key: 'prod/system.db/0000/a.ltx', sizeBytes: 7, modifiedAt, etag: '"5d41"' },
      { key: 'prod/system.db/0000/b.ltx', sizeBytes: 8, modifiedAt },
    ]);
    const lines = readFileSync(path.join(folder, SAVED_LISTING), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        key: 'prod/system.db/0000/a.ltx',
        sizeBytes: 7,
        modifiedAt: '2026-11-01T00:00:00.000Z',
        etag: '"5d41"',
      },
      { key: 'prod/system.db/0000/b.ltx', sizeBytes: 8, modifiedAt: '2026-11-01T00:00:00.000Z' },
    ]);
    await saveListing(folder, []);
    expect(readFileSync(path.join(folder, SAVED_LISTING), 'utf8')).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
