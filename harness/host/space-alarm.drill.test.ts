import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FreeSpace } from '../supervisor/free-space.ts';
import { freeDisk, mountSmallDisk, unmountBelow, useUp } from './small-disk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-space-'));
});
afterEach(async () => {
  await unmountBelow(folder);
  rmSync(folder, { recursive: true });
});

it.runIf(process.getuid?.() === 0)(
  'the supervisor warns while there is space left, and says when there is enough again',
  async () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    await mountSmallDisk(data, 8);
    const said: unknown[] = [];
    const space = new FreeSpace(data, {
      write: (level, _msg, fields = {}) => void said.push([level, fields['alarm'], fields['freeBytes']]),
    });
    const filler = join(data, 'filler');
    expect(space.look()).toBe(false);
    await useUp(filler, 7 << 20);
    expect(space.look()).toBe(false);
    await useUp(filler, 512 << 10);
    expect(space.look()).toBe(true);
    expect(space.disk).toEqual({ freeBytes: 512 << 10, totalBytes: 8 << 20, lowSpace: true });
    expect(space.look()).toBe(false);
    await freeDisk(filler);
    expect(space.look()).toBe(true);
    expect(space.disk.lowSpace).toBe(false);
    expect(said).toEqual([
      ['error', 'low-space', 512 << 10],
      ['info', 'low-space', 8 << 20],
    ]);
  },
);
