import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownProgram } from '../litestream/own-program.ts';
import { ControlGroup } from './control-group.ts';
import { assertSlowDisk, mountLoopDisk, slowDown } from './slow-disk.ts';
import { unmountBelow } from './small-disk.ts';

/** It needs root, loop devices and control groups: elsewhere the preflight refuses, which the command line's tests see. */
const isPossible = await assertSlowDisk().then(
  () => true,
  () => false,
);

const PROBE = ownProgram('disk-probe-process.ts', import.meta.url);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-slow-disk-'));
});
afterEach(async () => {
  await unmountBelow(folder);
  rmSync(folder, { recursive: true });
});

it.runIf(isPossible)('a disk is slow for those in the group, for as long as it is wanted', async () => {
  const data = join(folder, 'data');
  await mountLoopDisk(data, join(folder, 'image'), 16);
  expect(readdirSync(data)).toEqual([]);
  await using group = await ControlGroup.make('disk', 'host-slow-disk');
  /** The middle one of some forced writes. */
  const writeMs = (first: string): number => {
    const command = `${first}exec '${process.execPath}' '${PROBE}' '${join(data, 'probe')}'`;
    const { stdout } = spawnSync('/bin/sh', ['-c', command], { input: '\n', encoding: 'utf8' });
    const { writesMs } = JSON.parse(stdout) as { writesMs: number[] };
    return writesMs.toSorted((a, b) => a - b)[2] ?? 0;
  };
  const quick = writeMs(group.enterCommand);
  await slowDown(group, data, { writesPerSecond: 4, bytesPerSecond: null });
  expect(writeMs(group.enterCommand)).toBeGreaterThan(Math.max(200, quick));
  expect(writeMs('')).toBeLessThan(200);
  await slowDown(group, data, { writesPerSecond: null, bytesPerSecond: null });
  expect(writeMs(group.enterCommand)).toBeLessThan(200);
  expect(readdirSync(data)).toEqual([]);
});
