import { describe, expect, it } from 'vitest';
import { randomFor } from '../random.ts';
import { dateText, timestamp, token, uuidV7 } from './ids.ts';

describe('ids and instants', () => {
  it('makes UUIDs of version 7 that order by time', () => {
    const random = randomFor(1, 'ids');
    const atMs = Date.UTC(2026, 5, 3);
    const ids = Array.from({ length: 1000 }, (_, index) => uuidV7(atMs + index, random));
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids.toSorted()).toEqual(ids);
    expect(Number.parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16)).toBe(atMs);
    expect(token(random)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('spells instants as chrono does', () => {
    const random = randomFor(2, 'instants');
    for (let index = 0; index < 2000; index++) {
      const atMs = Date.UTC(2026, 1, 28) + random.int(0, 2_000_000_000);
      const iso = new Date(atMs).toISOString();
      expect(timestamp(atMs)).toBe(iso.replace('Z', '+00:00'));
      expect(dateText(atMs)).toBe(iso.slice(0, 10));
    }
  });
});
