import { expect, test } from 'vitest';
import { hostRequests, storeRequests } from './request-counts.ts';
import type { RequestLogEntry } from './request-log.ts';

function entry(parts: Partial<RequestLogEntry>): RequestLogEntry {
  const url = '/drill/prod/a.db/x';
  return { atUs: 10, endUs: 11, method: 'PUT', url, status: 200, bytes: 5, role: 'writer', ...parts };
}

const ENTRIES = [
  entry({}),
  entry({ status: 503 }),
  entry({ status: 503, fault: 'slow-down', passedOn: false }),
  entry({ status: 0, fault: 'outage' }),
  entry({ status: 200, fault: 'slow', passedOn: true }),
  entry({ method: 'GET', url: '/drill/?list-type=2', role: 'recovery', status: 403 }),
  entry({ method: 'GET', url: '/drill?prefix=x', atUs: 50 }),
];

test('what met a declared fault is no failure of the store, and is counted apart', () => {
  expect(storeRequests({ entries: ENTRIES, complete: true })).toEqual([
    { role: 'recovery', method: 'LIST', count: 1, refused: 1, failed: 0, bytes: 5 },
    { role: 'writer', method: 'LIST', count: 1, refused: 0, failed: 0, bytes: 5 },
    { role: 'writer', method: 'PUT', count: 5, refused: 0, failed: 1, faulted: 3, bytes: 25 },
  ]);
});

test('the host is billed for what it asked in time, and not for what never reached the store', () => {
  expect(hostRequests({ entries: ENTRIES, complete: true }, 5, 40)).toEqual({ PUT: 3 });
  expect(hostRequests({ entries: ENTRIES, complete: true }, 5, 50)).toEqual({ PUT: 3, LIST: 1 });
});
