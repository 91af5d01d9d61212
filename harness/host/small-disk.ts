import { type FileHandle, mkdir, mkdtemp, open, readFile, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import { asRoot } from './as-root.ts';

/** Faults that need such a disk, as scenarios call them. */
export type SmallDiskFault = 'host-disk-full' | 'recovery-disk-full';

/** A disk of its own for a folder: a tmpfs, so that it can be full without the machine's own disk being so. */
export async function mountSmallDisk(
  folder: string,
  sizeMb: number,
  fault: SmallDiskFault = 'host-disk-full',
): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    const owner = `uid=${process.getuid?.() ?? 0},gid=${process.getgid?.() ?? 0}`;
    await asRoot('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=0755,${owner}`, 'drill-disk', folder]);
  } catch (error) {
    throw new DrillError('DRILL_E_FAULT_IMPOSSIBLE', {
      what: `no small disk can be made here for ${fault}`,
      why: messageOf(error).trim().replaceAll('\n', ' '),
      fix: 'run it on Linux as root or with a sudo that does not ask (in a container with CAP_SYS_ADMIN), or leave the scenario out',
      exit: 3,
      cause: error,
    });
  }
}

/** Whether a small disk can be made on this machine: by making one. */
export async function assertSmallDisk(fault: SmallDiskFault): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'drill-disk-'));
  try {
    await mountSmallDisk(folder, 1, fault);
    await asRoot('umount', [folder]);
  } finally {
    await rmdir(folder);
  }
}

/** Whether a folder lies on another disk than the one above it. */
export async function isMounted(folder: string): Promise<boolean> {
  return (await stat(folder)).dev !== (await stat(dirname(folder))).dev;
}

/** `mount --move` is refused below a shared mount, which `/` is on most machines; this is not. */
export async function moveMount(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await asRoot('mount', ['--bind', from, to]);
  await asRoot('umount', [from]);
  await rmdir(from);
}

/** Takes every disk away that lies below a folder, so that the folder can be removed. */
export async function unmountBelow(folder: string): Promise<void> {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const points = mounts
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((point) => point.startsWith(`${folder}/`))
    .toReversed();
  for (const point of points) await asRoot('umount', ['--lazy', point]);
}

/** Uses up some of a disk, if it has so much. */
export async function useUp(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'a');
  try {
    for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
      if (!(await appendChunk(handle, Buffer.alloc(Math.min(left, CHUNK_BYTES))))) return;
    }
  } finally {
    await handle.close();
  }
}

/** Bytes that are free on the disk of a folder. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const CHUNK_BYTES = 1 << 16;
const LAST_CHUNK_BYTES = 512;

/** Fills what is left of a disk. Answers how many bytes were left after that. */
export async function fillDisk(file: string): Promise<number> {
  const handle = await open(file, 'a');
  try {
    for (const chunkBytes of [CHUNK_BYTES, LAST_CHUNK_BYTES]) await append(handle, Buffer.alloc(chunkBytes));
  } finally {
    await handle.close();
  }
  return freeBytesOf(file);
}

async function append(handle: FileHandle, chunk: Buffer): Promise<void> {
  while (await appendChunk(handle, chunk));
}

/** False: there is no space for it. */
async function appendChunk(handle: FileHandle, chunk: Buffer): Promise<boolean> {
  try {
    await handle.write(chunk);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

export async function freeDisk(file: string): Promise<void> {
  await rm(file, { force: true });
}
