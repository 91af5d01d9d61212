import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRival } from './second-host.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-second-host-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rival(words: string, exitCode: number | null, supervisor: string | null = null): boolean {
  const log = join(folder, 'supervisor.log');
  writeFileSync(log, words);
  const exit = { event: 'exited' as const, name: 'supervisor', pid: 1, exitCode, signal: null, atUs: 1 };
  const host = { exitOf: () => (exitCode === null ? null : exit) };
  return isRival({ host, log }, { supervisor, litestream: 'litestream' });
}

test('a supervisor that runs, or ended because of the lease, was a rival', () => {
  expect(rival('', null)).toBe(true);
  expect(rival('[DRILL_E_SUPERVISOR_LEASED] another host replicates to this prefix\n  why: …\n', 3)).toBe(
    true,
  );
});

test('one that ended before it wanted to replicate was none', () => {
  expect(rival('[DRILL_E_SUPERVISOR_CONFIG] rustbase.toml is not one\n', 2)).toBe(false);
  expect(rival('', 0)).toBe(false);
});

test('why a supervisor of somebody else has ended is not known', () => {
  expect(rival('refused\n', 1, 'other supervise')).toBe(true);
});
