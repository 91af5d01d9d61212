import { z } from 'zod';
import { duration, faultId } from './fields.ts';

/** What is done to the living host, during the load. */

const at = duration.describe('When after the start of the load.');

const apps = z
  .number()
  .int()
  .min(1)
  .max(100)
  .default(1)
  .describe('In how many of the apps that are written to, drawn from the seed.');

const process = z
  .enum(['litestream', 'supervisor', 'replication', 'writer'])
  .describe(
    'litestream: the replicator alone; supervisor: alone; replication: the supervisor with all that it has started; writer: the first one, alone.',
  );

export const hostKill = z
  .strictObject({
    id: faultId,
    kind: z.literal('host-kill').describe('A process of the host ends, and the host lives on.'),
    at,
    process,
    signal: z
      .enum(['SIGKILL', 'SIGTERM'])
      .default('SIGKILL')
      .describe('SIGTERM: as an operator ends it, which must not take longer than 30 s.'),
    times: z.number().int().min(1).max(50).default(1).describe('How often.'),
    every: duration.default('1s').describe('For more than once: how long after the one before.'),
    startAgainAfter: duration
      .optional()
      .describe(
        'The drill starts it again so long after its end. Without it a supervisor or a writer is gone for good; Litestream is for its supervisor to start again.',
      ),
    startAgainWith: z
      .literal('new-key')
      .optional()
      .describe(
        'The supervisor gets another credential then, as an operator rotates it; see store-key-revoked.',
      ),
  })
  .describe('The end of one process.');

export const hostFreeze = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('host-freeze')
      .describe('A process stands still (SIGSTOP): it is there, and does nothing.'),
    at,
    process,
    for: duration
      .optional()
      .describe('How long, then it goes on (SIGCONT). Without it until the kill: frozen, and alive.'),
  })
  .describe('A process that is alive and does nothing.');

export const hostDatabase = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('host-database')
      .describe('The application, or its operator, does something to database files.'),
    at,
    do: z
      .enum([
        'checkpoint-truncate',
        'checkpoint-restart',
        'vacuum',
        'journal-mode',
        'recreate',
        'replace-by-rename',
        'replace-by-copy',
      ])
      .describe(
        'journal-mode: from WAL to DELETE, and back after `for`. recreate: the app is deleted and created again under its old name. replace-…: a copy of the database with an identity of its own comes into its place, by rename or by copying its bytes over the file.',
      ),
    for: duration.optional().describe('For journal-mode: how long the application writes in DELETE mode.'),
    times: z.number().int().min(1).max(50).default(1).describe('How often.'),
    every: duration.default('1s').describe('For more than once: how long after the one before.'),
    need: z
      .enum(['done', 'tried'])
      .default('done')
      .describe(
        'What must be seen. tried: that it was done, or that a lock of Litestream kept it from its end, as it does while it lives.',
      ),
    patience: duration
      .default('5s')
      .describe("How long it waits for a lock, in each database; the writer's other databases wait with it."),
    databases: apps,
  })
  .describe('An act of the application on its own files, noted in the ledger.');

export const hostReader = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('host-reader')
      .describe('A read transaction is held open: no checkpoint gets beyond it, and the WAL grows.'),
    at,
    for: duration.describe('How long.'),
    databases: apps,
  })
  .describe('Long readers, which pin the WAL.');

export const hostSecondWriter = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('host-second-writer')
      .describe(
        'Another process creates records in the databases that the application writes to: a job, or an operator with a shell.',
      ),
    at,
    for: duration.describe('How long it writes; then it idles with the files open.'),
    writesPerSecond: z.number().min(0.1).max(1000).default(20).describe('How often it wants to.'),
    hold: duration
      .default('0s')
      .describe('So long it keeps the write lock in each write; beyond 5 s the application is refused.'),
    walReused: z
      .strictObject({
        pages: z
          .number()
          .int()
          .min(2)
          .max(1_000_000)
          .describe('So long the WAL of each database was at least, when the last of these writes was done.'),
        for: duration.describe(
          'So long, up to the kill, the application has gone over it from its beginning.',
        ),
      })
      .optional()
      .describe(
        'What must be seen as well: its writes make the WALs long, a checkpoint lets them start again, and what the application writes then changes their content and not their length.',
      ),
    databases: apps,
  })
  .describe('Two processes write to one file. What both write is in the ledger.');

export const hostDiskFull = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('host-disk-full')
      .describe(
        'The data directory lies on a disk of its own (a tmpfs: Linux, as root), and that is full for a while.',
      ),
    at,
    over: duration
      .default('0s')
      .describe('So long what is left of it is used up, evenly; without it all at once.'),
    for: duration.describe('How long it is full; then the space is free again.'),
    sizeMb: z.number().int().min(8).max(4096).default(64).describe('Size of the disk.'),
  })
  .describe('No space left on the disk with the databases.');

export const hostSlowDisk = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('host-slow-disk')
      .describe(
        'The data directory lies on a disk of its own (a file behind a loop device: Linux, as root), on which all processes of the host write slowly for a while. What they have forced to the disk waits; what is in memory does not.',
      ),
    at,
    for: duration.describe('How long.'),
    writesPerSecond: z.number().int().min(1).max(100_000).optional().describe('Writes that it takes.'),
    bytesPerSecond: z.number().int().min(4096).max(1_000_000_000).optional().describe('Bytes that it takes.'),
    sizeMb: z.number().int().min(16).max(4096).default(256).describe('Size of the disk.'),
  })
  .describe('A slow disk under the databases.');

export const hostLimit = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('host-limit')
      .describe('The supervisor, and with it all that it starts, has a limit from its first start on.'),
    openFiles: z
      .number()
      .int()
      .min(16)
      .max(100_000)
      .optional()
      .describe('Descriptors that one process may hold (RLIMIT_NOFILE).'),
    memoryMb: z
      .number()
      .int()
      .min(16)
      .max(65_536)
      .optional()
      .describe(
        'Memory that they have together, files that the kernel keeps for them included (a control group: Linux, as root). Beyond it the kernel ends one of them.',
      ),
  })
  .describe('Too few descriptors, or too little memory.');

export const hostConfig = z
  .strictObject({
    id: faultId,
    kind: z
      .literal('host-config')
      .describe(
        "The supervisor's command makes an operator's mistake. The drill does not make it: it looks at the running Litestreams, and at the files that they were started with, whether it is there (Linux).",
      ),
    mistake: z
      .enum(['two-replicators', 'listed-twice', 'shared-prefix', 'no-replica'])
      .describe(
        'two-replicators: more than one Litestream runs by one file. listed-twice: a database is in it more than once. shared-prefix: databases have one place in the bucket. no-replica: a database has none that this Litestream reads.',
      ),
  })
  .describe('A litestream.yml, or a service, that is not as it should be.');

/** Faults of the host as a scenario declares them. */
export type HostKill = z.output<typeof hostKill>;
export type HostFreeze = z.output<typeof hostFreeze>;
export type HostDatabase = z.output<typeof hostDatabase>;
export type HostReader = z.output<typeof hostReader>;
export type HostSecondWriter = z.output<typeof hostSecondWriter>;
export type HostDiskFull = z.output<typeof hostDiskFull>;
export type HostSlowDisk = z.output<typeof hostSlowDisk>;
export type HostLimit = z.output<typeof hostLimit>;
export type HostConfig = z.output<typeof hostConfig>;
export type HostFault =
  | HostKill
  | HostFreeze
  | HostDatabase
  | HostReader
  | HostSecondWriter
  | HostDiskFull
  | HostSlowDisk
  | HostLimit
  | HostConfig;

/** What is there as long as the supervisor is, and has no time of its own. */
export function isLasting(fault: HostFault): fault is HostLimit | HostConfig {
  return fault.kind === 'host-limit' || fault.kind === 'host-config';
}

/** Of Litestream alone the exit code is its supervisor's to know, and a writer is the drill's own. */
export function endsSupervisorInOrder({ signal, process: which }: HostKill): boolean {
  return signal === 'SIGTERM' && (which === 'supervisor' || which === 'replication');
}

/** By the first word of its kind, as in `faultSchema`. */
export function isHostFault(fault: { readonly kind: string }): fault is HostFault {
  return fault.kind.startsWith('host-');
}
