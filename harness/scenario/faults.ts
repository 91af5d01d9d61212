import { z } from 'zod';
import { bucketHole } from './bucket-fault.ts';
import { storeFaults } from './store-fault.ts';

/**
 * Whatever a scenario may break on purpose. The first word of its kind tells where: store-…, between the store and those
 * who use it; bucket-…, between kill and restore.
 */
export const faultSchema = z.discriminatedUnion('kind', [...storeFaults, bucketHole]);
