import { expect, it } from 'vitest';
import type { RestoreRecord } from './evidence/database.ts';
import { notFromTheBucket } from './from-the-bucket.ts';
import type { RequestLogEntry } from './store/request-log.ts';

const RECORD: RestoreRecord = {
  path: 'system.db',
  outcome: 'restored',
  exitCode: 0,
  startUs: 100,
  endUs: 200,
  bytes: 1,
  detail: '',
};
const READ: RequestLogEntry = {
  atUs: 150,
  endUs: 151,
  method: 'GET',
  url: '/drill/prod/system.db/generations/0123456789abcdef/snapshots/00000000.snapshot.lz4',
  status: 200,
  bytes: 0,
  role: 'recovery',
};

function found(entries: readonly RequestLogEntry[], complete = true): unknown[] {
  return notFromTheBucket(
    { entries, complete },
    { bucket: 'drill', prefix: 'prod' },
    { records: [RECORD], killUs: 100, restoredUs: 200 },
  ).map(({ check, database }) => [check, database]);
}

it('finds what came back although nobody had read its replica between kill and restore', () => {
  expect(found([READ])).toEqual([]);
  expect(found([])).toEqual([['clean-host', 'system.db']]);
  expect(found([{ ...READ, atUs: 99 }])).toEqual([['clean-host', 'system.db']]);
  expect(found([{ ...READ, atUs: 201 }])).toEqual([['clean-host', 'system.db']]);
});

it('looks where the restore says that the replica lies', () => {
  const [other] = notFromTheBucket(
    { entries: [{ ...READ, url: READ.url.replace('system.db', 'system') }], complete: true },
    { bucket: 'drill', prefix: 'prod' },
    { records: [{ ...RECORD, place: 'system' }], killUs: 100, restoredUs: 200 },
  );
  expect(other).toBeUndefined();
});

it('blames nobody for what a log that was cut off does not show', () => {
  expect(found([], false)).toEqual([]);
});
