import { z } from 'zod';

/** What a run records of the hosts, and of what was done to them. */

/** A host that went live on the prefix of the first one while that one lived. */
export const secondHostSchema = z.strictObject({
  /** When it began to restore, after the start of the load. */
  atMs: z.number(),
  databases: z.number().int(),
  acknowledged: z.number().int(),
  /** What had become of its supervisor at the disaster: `it runs`, or how it had ended, with its last words. */
  supervisor: z.string(),
});

/** A disaster that waits for databases under write to be without an upload, and comes at the end of the load anyway. */
export const loadEndSchema = z.strictObject({
  by: z.enum(['stall', 'schedule']),
  /** What was waited for: so many databases, each so long without an upload. */
  wanted: z.number().int(),
  stalledForMs: z.number(),
  /** The most that were seen so at one time. */
  mostStalled: z.number().int(),
});

/** What the supervisor said of a disk that became full, as its status file tells an operator. */
export const spaceAlarmSchema = z.strictObject({
  /** The file could be read at least once meanwhile. */
  isTold: z.boolean(),
  /** First seen raised; null: not before there was space again. */
  raisedUs: z.number().nullable(),
  /** The first write that was refused for lack of space; null: none was. */
  firstRefusedUs: z.number().nullable(),
  /** There was space again; null: not before the kill. */
  freedUs: z.number().nullable(),
  /** First seen down again after that. */
  clearedUs: z.number().nullable(),
});

/** What the supervisor said of a bucket that refuses the host, as its status file tells an operator. */
export const storeAlarmSchema = z.strictObject({
  /** The file could be read and told of no error when the host was first refused: only then is one an answer to that. */
  wasClear: z.boolean(),
  /** The first and the last request of the host before the kill that a declared fault refused with 403; null: none was. */
  firstRefusedUs: z.number().nullable(),
  lastRefusedUs: z.number().nullable(),
  /** An error of the bucket was first seen after that, where none was before; null: not before the kill. */
  raisedUs: z.number().nullable(),
});

/** An end of the supervisor that was ordered with SIGTERM, as a service manager does. */
const orderedStopSchema = z.strictObject({
  /** From the signal until nothing was left of what was to end. */
  tookMs: z.number(),
  /** How the supervisor itself ended: one of the two. Both null: after `tookMs` it still had not. */
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
});

/** Something that was broken on purpose, and whether it was seen to take effect. */
export const faultRecordSchema = z.strictObject({
  id: z.string(),
  engaged: z.boolean(),
  count: z.number().int(),
  /**
   * For a fault of the store that was over before the kill: how long after its end the host had uploaded of every database
   * under write again; null: not before the kill.
   */
  uploadsAgainMs: z.number().nullable().optional(),
  /** For a fault that ends the supervisor in good order, an upgrade too: each of those ends; absent: it came to none. */
  orderedStops: z.array(orderedStopSchema).optional(),
  /**
   * From its first strike to its end, as the scenario has it, in ms after the start of a phase (toMs null: to the end of that);
   * absent: it has a phase of its own, or lasts all the time.
   */
  window: z
    .strictObject({ phase: z.enum(['load', 'restore']), fromMs: z.number(), toMs: z.number().nullable() })
    .optional(),
});

export type OrderedStop = z.infer<typeof orderedStopSchema>;

/** How busy the machine was in a phase, as shares of all its processors: a look a second, so a little is around it. Of the load its last 15 s. */
export const processorsSchema = z.strictObject({
  phase: z.string(),
  idle: z.number(),
  /** At work for neither the drill nor its subject nor its store. */
  others: z.number(),
});

/** The most that supervisor and whatever it started held together under load; null: it could not be looked at. */
export const subjectUseSchema = z.strictObject({
  /** Looks at which there was somebody. */
  looks: z.number().int(),
  /** Longest time under load without a look. */
  longestGapMs: z.number(),
  rssBytes: z.number().int().nullable(),
  openFiles: z.number().int().nullable(),
});
export type SubjectUse = z.infer<typeof subjectUseSchema>;

const processSchema = z.strictObject({ pid: z.number().int(), command: z.string() });

/** SIGKILL of a whole host, and who was found then. */
export const killSchema = z.strictObject({
  /** Just before the signal was sent: the instant of the disaster. */
  atUs: z.number(),
  /** No process of the host was left. */
  confirmedUs: z.number(),
  killed: z.array(processSchema),
  /** Processes that had left the process group; found, killed and named. */
  escaped: z.array(processSchema),
  /** Processes that could not be ended. Must be empty. */
  survivors: z.array(processSchema),
});
