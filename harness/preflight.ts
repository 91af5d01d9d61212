import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DrillError, messageOf } from './errors.ts';
import { SEEDED_LARGE_BLOBS } from './fleet/seed-shapes.ts';
import { assertOpenFiles } from './host/limits.ts';
import { assertMemoryLimit } from './host/memory-limit.ts';
import { assertSlowDisk } from './host/slow-disk.ts';
import { assertSmallDisk } from './host/small-disk.ts';
import type { Plan } from './scenario/plan.ts';
import type { Scenario } from './scenario/schema.ts';

/** Measured on many-realms: live data, bucket in memory, two restored copies and the ledger come to well below this a row. */
const BYTES_PER_ROW = 4096;
const BYTES_PER_DATABASE = 1_500_000;
/** Measured on lock-page: 3.9 GB of 1,040 MiB, when the second restore is being read. */
const BYTES_PER_BULK_MB = 4_700_000;

/** What a run needs of the machine, looked at before anything is started. */
export async function preflight(outputDir: string, plans: readonly Plan[]): Promise<void> {
  await assertWritable(outputDir);
  for (const plan of plans) {
    await assertOpenFiles(plan.databases.length);
    await assertSpace(outputDir, diskNeededBytes(plan));
  }
}

/** Refuses faults that this machine cannot make, before anything is started. */
export async function preflightFaults(scenarios: readonly Pick<Scenario, 'id' | 'faults'>[]): Promise<void> {
  for (const { id, faults } of scenarios) {
    const fault = faults.find(({ kind }) => kind.startsWith('host-'));
    if (fault !== undefined && process.platform !== 'linux') {
      throw new DrillError('DRILL_E_FAULT_IMPOSSIBLE', {
        what: `the fault ${fault.id} of ${id} cannot be seen to take effect on ${process.platform}`,
        why: 'what becomes of the processes of a host is read from /proc',
        fix: 'run it on Linux, or leave the scenario out',
        exit: 3,
      });
    }
  }
  const faults = scenarios.flatMap((scenario) => scenario.faults);
  for (const fault of ['host-disk-full', 'recovery-disk-full'] as const) {
    if (faults.some(({ kind }) => kind === fault)) await assertSmallDisk(fault);
  }
  if (faults.some(({ kind }) => kind === 'host-slow-disk')) await assertSlowDisk();
  if (faults.some((fault) => fault.kind === 'host-limit' && fault.memoryMb !== undefined)) {
    await assertMemoryLimit();
  }
}

/** What a drill may need of the disk, at most. */
export function diskNeededBytes({ databases, ...plan }: Plan): number {
  const rows = databases.reduce((sum, database) => sum + database.rows, 0);
  const bulkMb = databases.reduce((sum, database) => sum + (database.bulkMb ?? 0), 0);
  // Half of the writes go to the users' tables, an eighth to blobs; four times that is what their copies take.
  const writes = (plan.writesPerSecond * plan.durationMs) / 1000;
  const largeBlobs = databases.length * SEEDED_LARGE_BLOBS + writes / 2;
  return (
    databases.length * BYTES_PER_DATABASE +
    rows * BYTES_PER_ROW +
    bulkMb * BYTES_PER_BULK_MB +
    largeBlobs * (plan.largeBlobBytes ?? 0)
  );
}

async function assertWritable(outputDir: string): Promise<void> {
  const probe = join(outputDir, `.writable-${process.pid}`);
  try {
    await makeFolder(outputDir);
    await writeFile(probe, 'x');
    await rm(probe);
  } catch (error) {
    throw new DrillError('DRILL_E_OUTPUT_UNWRITABLE', {
      what: `the output folder ${outputDir} cannot be written`,
      why: messageOf(error),
      fix: 'make it writable, or name another with --output-dir',
      exit: 2,
      cause: error,
    });
  }
}

/** Not `recursive`: below a folder like /proc, which takes no new ones, that never returns. */
async function makeFolder(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => null)) !== null) return;
  await makeFolder(dirname(folder));
  await mkdir(folder);
}

async function assertSpace(outputDir: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(outputDir);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  throw new DrillError('DRILL_E_DISK_SPACE', {
    what: `${megabytes(freeBytes)} are free below ${outputDir}`,
    why: `this drill may need ${megabytes(neededBytes)}`,
    fix: 'free some space, or name a folder on another disk with --output-dir',
    exit: 3,
  });
}
