import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasReadSnapshot, lateChanges, readRequestLog, type RequestLogEntry, until } from './request-log.ts';

function entry(parts: Partial<RequestLogEntry>): RequestLogEntry {
  return {
    atUs: 200,
    endUs: 201,
    method: 'PUT',
    url: '/drill/prod/x',
    status: 200,
    bytes: 1,
    role: 'writer',
    ...parts,
  };
}

describe('a log that was read', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drill-request-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const line = (parts: Partial<RequestLogEntry> = {}): string => `${JSON.stringify(entry(parts))}\n`;
  it.each([
    ['with its closing line is whole', `${line()}${line({ atUs: 300 })}{"closed":2}\n`, 2, true],
    ['of a store that was never asked is whole', '{"closed":0}\n', 0, true],
    ['that is empty may have lost everything', '', 0, false],
    ['that was cut off at the end of a line', line().repeat(2), 2, false],
    ['that was cut off within a line', `${line()}{"atUs":1`, 1, false],
    ['that lacks lines before its end', `${line()}{"closed":2}\n`, 1, false],
    ['that goes on after its end', `${line()}{"closed":1}\n${line()}`, 2, false],
    ['with a line that cannot be read', `${line()}x\n{"closed":2}\n`, 1, false],
  ])('%s', async (_, text, count, complete) => {
    const file = join(folder, 'requests.ndjson');
    writeFileSync(file, text);
    const log = await readRequestLog(file);
    expect([log.entries.length, log.complete]).toEqual([count, complete]);
  });

  it('that is not there is none', async () => {
    expect(await readRequestLog(join(folder, 'nothing'))).toEqual({ entries: [], complete: false });
  });
});

function late(parts: Partial<RequestLogEntry>): number {
  return lateChanges({ entries: [entry(parts)], complete: true }, 100, 300).length;
}

it.each([
  ['an upload by the dead host', {}, 1],
  ['a blob, in the bucket of the blobs', { url: '/drill-blobs/realms/a/apps/b/storage/c' }, 1],
  ['a deletion', { method: 'DELETE' }, 1],
  ['a refused one: somebody was alive to try', { status: 403 }, 1],
  ["one with the harness' own key", { role: 'observer' as const }, 1],
  ['one with a key that nobody knows', { role: 'unknown' as const }, 1],
  ['a read', { method: 'GET' }, 0],
  ['a fault that the scenario declares', { method: 'DELETE', role: 'saboteur' as const }, 0],
  ['one from before', { atUs: 99 }, 0],
  ['one by the new host', { role: 'new-writer' as const }, 0],
  ['one by the new host after its own death', { role: 'new-writer' as const, atUs: 301 }, 1],
] as const)('late: %s', (_, parts, count) => {
  expect(late(parts)).toBe(count);
});

it('knows a database that was read from one that was not', () => {
  const url =
    '/drill/prod/realms/a%20b/realm.db/generations/0123456789abcdef/snapshots/00000000.snapshot.lz4?x-id=GetObject';
  const read = (parts: Partial<RequestLogEntry>): boolean =>
    hasReadSnapshot(
      { entries: [entry({ method: 'GET', role: 'recovery', url, ...parts })], complete: true },
      'drill',
      'prod/realms/a b/realm.db',
    );
  expect(read({})).toBe(true);
  expect(read({ status: 404 })).toBe(false);
  expect(read({ role: 'writer' })).toBe(false);
  expect(read({ url: url.replace('realm.db', 'realm.db2') })).toBe(false);
  expect(read({ url: '/drill/?list-type=2&prefix=prod%2Frealms' })).toBe(false);
});

it('knows a database that was read from LTX files, and whose they were', () => {
  const url = '/drill/prod/system.db/0009/0000000000000001-0000000000000004.ltx?x-id=GetObject';
  const read = (key: string, asked = url, format: 'ltx' | 'generations' | null = null): boolean =>
    hasReadSnapshot(
      { entries: [entry({ method: 'GET', role: 'recovery', url: asked })], complete: true },
      'drill',
      key,
      format,
    );
  expect(read('prod/system.db')).toBe(true);
  expect(read('prod/system.db', url, 'ltx')).toBe(true);
  expect(read('prod/system.db', url, 'generations')).toBe(false);
  expect(read('prod')).toBe(false);
  expect(read('prod/system.db', url.replace('0009', '0000'))).toBe(true);
  expect(read('prod/system.db', '/drill/prod/system.db/0009/other')).toBe(false);
  // A restore begins with a snapshot or with the first transaction: a later file alone gives no database back.
  const later = '/drill/prod/system.db/0000/0000000000000005-0000000000000005.ltx';
  expect(read('prod/system.db', later)).toBe(false);
  expect(read('prod/system.db', later.replace('0000/', '0009/'))).toBe(true);
});

it('does not take a piece of an object for the whole', () => {
  const key = 'prod/system.db/generations/0123456789abcdef/snapshots/00000000.snapshot.lz4';
  const read = (answers: readonly Partial<RequestLogEntry>[], sizeBytes = 5000): boolean => {
    const entries = answers.map((answer) =>
      entry({ method: 'GET', role: 'recovery', url: `/drill/${key}?x-id=GetObject`, ...answer }),
    );
    const sizes = new Map([[key, sizeBytes]]);
    return hasReadSnapshot({ entries, complete: true }, 'drill', 'prod/system.db', null, sizes);
  };
  expect(read([{ answerBytes: 5300 }])).toBe(true);
  expect(read([{ status: 206, answerBytes: 301 }])).toBe(false);
  // In pieces, or on from where an answer broke off.
  const rest = { status: 206, answerBytes: 2800 };
  expect(read([rest, rest])).toBe(true);
  expect(read([{ status: 0, answerBytes: 2800 }, rest])).toBe(true);
  expect(read([{ status: 0, answerBytes: 5300 }])).toBe(false);
  expect(read([{ status: 503, answerBytes: 5300 }, rest])).toBe(false);
  // A log of earlier days does not say how much, and an object that is not known may be of any size.
  expect(read([{ status: 206 }])).toBe(true);
  expect(read([{ status: 206, answerBytes: 301 }], 0)).toBe(true);
});

it('does not take a later read for an earlier one', () => {
  const url = '/drill/prod/system.db/generations/0123456789abcdef/snapshots/00000000.snapshot.lz4';
  const log = { entries: [entry({ method: 'GET', role: 'recovery', url, atUs: 500 })], complete: true };
  expect(hasReadSnapshot(until(log, 500), 'drill', 'prod/system.db')).toBe(true);
  expect(hasReadSnapshot(until(log, 499), 'drill', 'prod/system.db')).toBe(false);
});
