import { z } from 'zod';
import { DURATION, DURATION_FORM } from '../duration.ts';

/** Fields that stand in more than one part of a scenario. */

export const duration = z
  .string()
  .regex(DURATION, DURATION_FORM)
  .describe('A number with a unit: 500ms, 25s, 2m.');

/** What names a fault in evidence and report. */
export const faultId = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower case words with hyphens, like hole-in-shop')
  .describe('Names it in evidence and report.');

/** How many databases a fault strikes. */
export const apps = z
  .number()
  .int()
  .min(1)
  .max(500)
  .default(1)
  .describe('In how many of the apps that were written to.');
