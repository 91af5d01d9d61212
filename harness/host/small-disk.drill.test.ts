import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fillDisk, freeDisk, isMounted, mountSmallDisk, moveMount, unmountBelow } from './small-disk.ts';

/** Making a disk needs root: elsewhere the preflight refuses, which the command line's tests see. */
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-small-disk-'));
});
afterEach(async () => {
  await unmountBelow(folder);
  rmSync(folder, { recursive: true });
});

it.runIf(isRoot)(
  'is full when it was filled, has room again when it was freed, and goes to another place',
  async () => {
    const [data, dead] = [join(folder, 'data'), join(folder, 'dead disk')];
    mkdirSync(data);
    expect(await isMounted(data)).toBe(false);
    await mountSmallDisk(data, 8);
    expect(await isMounted(data)).toBe(true);
    expect(statfsSync(data).blocks * statfsSync(data).bsize).toBe(8 << 20);
    writeFileSync(join(data, 'kept'), 'as it was');
    const filler = join(data, '.filler');
    expect(await fillDisk(filler)).toBe(0);
    expect(() => writeFileSync(join(data, 'more'), Buffer.alloc(8192))).toThrow('ENOSPC');
    // Nothing to fill: that is no error.
    expect(await fillDisk(filler)).toBe(0);
    await freeDisk(filler);
    writeFileSync(join(data, 'more'), Buffer.alloc(8192));
    await moveMount(data, dead);
    expect(existsSync(data)).toBe(false);
    expect(readFileSync(join(dead, 'kept'), 'utf8')).toBe('as it was');
    await unmountBelow(folder);
    expect(existsSync(join(dead, 'kept'))).toBe(false);
  },
);
