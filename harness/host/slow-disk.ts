import { mkdir, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import { asRoot } from './as-root.ts';
import { ControlGroup } from './control-group.ts';

/** A disk of its own for a folder: a file behind a loop device, so that the kernel can slow it down alone. */
export async function mountLoopDisk(folder: string, image: string, sizeMb: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(image, '');
    await truncate(image, sizeMb << 20);
    const owner = `root_owner=${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    await asRoot('mkfs.ext4', ['-q', '-F', '-E', owner, image]);
    await asRoot('mount', ['-o', 'loop,noatime', image, folder]);
    await asRoot('rmdir', [join(folder, 'lost+found')]);
  } catch (error) {
    throw new DrillError('DRILL_E_FAULT_IMPOSSIBLE', {
      what: 'no disk that can be slowed down can be made here for host-slow-disk',
      why: messageOf(error).trim().replaceAll('\n', ' '),
      fix: 'run it on Linux as root or with a sudo that does not ask, with loop devices and mkfs.ext4, or leave the scenario out',
      exit: 3,
      cause: error,
    });
  }
}

/** How slow; null: as quick as it is. */
export interface Slowness {
  readonly writesPerSecond: number | null;
  readonly bytesPerSecond: number | null;
}

/** Slows the disk of a folder down for the processes of a group. */
export async function slowDown(group: ControlGroup, folder: string, slow: Slowness): Promise<void> {
  const device = await deviceOf(folder);
  const { writesPerSecond: writes, bytesPerSecond: bytes } = slow;
  if (group.version === 2) {
    await group.set('io.max', `${device} wiops=${writes ?? 'max'} wbps=${bytes ?? 'max'}`);
    return;
  }
  // Version 1 takes 0 for no limit.
  await group.set('blkio.throttle.write_iops_device', `${device} ${writes ?? 0}`);
  await group.set('blkio.throttle.write_bps_device', `${device} ${bytes ?? 0}`);
}

/** Whether a disk can be slowed down on this machine: by doing it. */
export async function assertSlowDisk(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'drill-slow-disk-'));
  const data = join(folder, 'data');
  try {
    const group = await ControlGroup.make('disk', 'host-slow-disk');
    try {
      await mountLoopDisk(data, join(folder, 'image'), 8);
      await slowDown(group, data, { writesPerSecond: 100, bytesPerSecond: null });
    } finally {
      await asRoot('umount', [data]).catch(() => undefined); // it may not have come so far
      await group[Symbol.asyncDispose]();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** MAJOR:MINOR, as Linux packs them. */
async function deviceOf(folder: string): Promise<string> {
  const dev = BigInt((await stat(folder)).dev);
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  return `${major}:${minor}`;
}
