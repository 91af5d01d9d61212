import { z } from 'zod';
import { bucketHole } from './bucket-fault.ts';

/** Whatever a scenario may break on purpose. The first word of its kind tells where: bucket-…, between kill and restore. */
export const faultSchema = z.discriminatedUnion('kind', [bucketHole]);
