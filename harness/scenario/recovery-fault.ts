import { z } from 'zod';
import { apps, duration, faultId } from './fields.ts';

/** What is wrong on the new host: where the restore is to go, or with what it has left there. */

export const recoveryDirtyHost = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('recovery-dirty-host')
      .describe(
        'Before the restore, one is tried into a folder in which something lies already: it must be refused, and nothing be touched.',
      ),
  })
  .describe(
    'Six folders that are not empty: a stale -wal, a -shm, a database, a file of zero bytes, a folder and a link.',
  );

export const recoveryDiskFull = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('recovery-disk-full')
      .describe(
        'Before the restore, one is tried onto a disk (a tmpfs: Linux, as root) that is too small for the fleet: it must fail, and leave whole databases or none.',
      ),
    sizeMb: z.number().int().min(1).max(4096).default(8).describe('Size of the disk.'),
  })
  .describe('No space left on the disk that is restored to.');

export const recoveryStaleWal = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('recovery-stale-wal')
      .describe('After the restore, a -wal lies beside a database: at its first opening its rows are gone.'),
    databases: apps,
  })
  .describe('A -wal with frames that fit, from another time.');

export const recoveryRolledBack = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('recovery-rolled-back')
      .describe('After the restore, an older state of a database lies in its place.'),
    databases: apps,
    beforeKill: duration.describe('How old it is: restored by Litestream, so long before the kill.'),
  })
  .describe('An older state of a database, sound and complete.');

export const recoveryWrongTenant = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('recovery-wrong-tenant')
      .describe('After the restore, the file of another app lies in the place of a database.'),
    databases: apps,
  })
  .describe("Another tenant's database, sound and complete.");

/** Faults of the recovery as a scenario declares them. */
export type RecoveryDirtyHost = z.output<typeof recoveryDirtyHost>;
export type RecoveryDiskFull = z.output<typeof recoveryDiskFull>;
export type RecoveryStaleWal = z.output<typeof recoveryStaleWal>;
export type RecoveryRolledBack = z.output<typeof recoveryRolledBack>;
export type RecoveryWrongTenant = z.output<typeof recoveryWrongTenant>;
export type RecoveryFault =
  | RecoveryDirtyHost
  | RecoveryDiskFull
  | RecoveryStaleWal
  | RecoveryRolledBack
  | RecoveryWrongTenant;
