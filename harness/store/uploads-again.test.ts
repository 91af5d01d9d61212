import { expect, test } from 'vitest';
import type { RequestLogEntry } from './request-log.ts';
import { uploadsAgainMs } from './uploads-again.ts';

function upload(of: string, atUs: number, parts: Partial<RequestLogEntry> = {}): RequestLogEntry {
  const url = `/drill/prod/${of}/generations/x`;
  return { atUs, endUs: atUs + 500, method: 'PUT', url, status: 200, bytes: 1, role: 'writer', ...parts };
}

function after(...entries: RequestLogEntry[]): number | null {
  const keys = ['a.db', 'b c.db'].map((path) => `drill/prod/${path}`);
  return uploadsAgainMs({ entries, complete: true }, keys, 10_000, 100_000);
}

test('is the time until the first upload of the last database', () => {
  const entries = [upload('a.db', 20_000), upload('b%20c.db', 40_000), upload('b%20c.db', 90_000)];
  expect(after(...entries)).toBe(30.5);
});

test('is none while one database is without, or when it came too late', () => {
  expect(after(upload('a.db', 20_000))).toBeNull();
  expect(after(upload('a.db', 20_000), upload('b%20c.db', 100_000))).toBeNull();
  expect(after(upload('a.db', 20_000), upload('b%20c.db', 9000))).toBeNull();
});

test.each([{ status: 503 }, { status: 0 }, { role: 'saboteur' as const }, { method: 'GET' }])(
  'counts no upload with %o',
  (parts) => {
    expect(after(upload('a.db', 20_000), upload('b%20c.db', 40_000, parts))).toBeNull();
  },
);
