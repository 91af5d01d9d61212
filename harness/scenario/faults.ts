import { z } from 'zod';
import { bucketHole, bucketMirrored, bucketObject, bucketRenewed } from './bucket-fault.ts';
import {
  hostConfig,
  hostDatabase,
  hostDiskFull,
  hostFreeze,
  hostKill,
  hostLimit,
  hostReader,
  hostSecondWriter,
  hostSlowDisk,
} from './host-fault.ts';
import {
  recoveryDirtyHost,
  recoveryDiskFull,
  recoveryRolledBack,
  recoveryStaleWal,
  recoveryWrongTenant,
} from './recovery-fault.ts';
import { storeFaults } from './store-fault.ts';

/**
 * Whatever a scenario may break on purpose. The first word of its kind tells where: host-…, on the living host during the
 * load; store-…, between the store and those who use it; bucket-…, between kill and restore; recovery-…, on the new host.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  hostKill,
  hostFreeze,
  hostDatabase,
  hostReader,
  hostSecondWriter,
  hostDiskFull,
  hostSlowDisk,
  hostLimit,
  hostConfig,
  ...storeFaults,
  bucketHole,
  bucketObject,
  bucketMirrored,
  bucketRenewed,
  recoveryDirtyHost,
  recoveryDiskFull,
  recoveryStaleWal,
  recoveryRolledBack,
  recoveryWrongTenant,
]);
