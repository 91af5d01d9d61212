import type { DrillErrorCode } from './errors.ts';
import type { HARNESS_BUG } from './evidence.ts';
import type { CheckId } from './evidence/checks.ts';

/**
 * Whose failure it is. subject: the supervisor, Litestream and what they gave back; store: the S3 service; harness: the drill
 * itself, or what it was asked to do; environment: the machine. Only the first one makes a drill fail.
 */
export const FAILURE_CLASSES = ['subject', 'store', 'harness', 'environment'] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** A class, and what to do where the error itself did not say it. */
export type Classified = readonly [failureClass: FailureClass, fix: string];

const USAGE: Classified = ['harness', 'read what it says, and change the command or the file'];
const SUPERVISOR: Classified = ['subject', "read the supervisor's log in evidence/…/logs"];

/** Every error of ours, and a bug. */
export const CLASS_OF_ERROR: Readonly<Record<DrillErrorCode | typeof HARNESS_BUG, Classified>> = {
  DRILL_E_BUG: ['harness', 'report it, with the folder of the run and its last line'],
  DRILL_E_USAGE: USAGE,
  DRILL_E_SCENARIO_INVALID: USAGE,
  DRILL_E_SCENARIO_UNKNOWN: USAGE,
  DRILL_E_CONFIG_INVALID: USAGE,
  DRILL_E_RUN_UNREADABLE: USAGE,
  DRILL_E_MERGE_REFUSED: USAGE,
  DRILL_E_HISTORY_DAMAGED: USAGE,
  DRILL_E_PACK: USAGE,
  DRILL_E_LEDGER_DAMAGED: ['harness', 'run it again: without its ledger a drill can tell nothing'],
  DRILL_E_WRITER_FAILED: ['harness', 'look at evidence/…/logs/writer-*.log, and run it again'],
  DRILL_E_RESTORE_FAILED: ['harness', 'look at evidence/…/logs/restore-*.log in the run directory'],
  DRILL_E_STORE_START: ['store', 'ask `drill doctor`, or take another --store'],
  DRILL_E_STORE_UNREACHABLE: ['store', "look at the store's log in evidence/…/logs, and run it again"],
  DRILL_E_STORE_REFUSED: ['store', 'compare its credentials, its policy and its clock with ours'],
  DRILL_E_STORE_CONFORMANCE: ['store', 'take a store that does what S3 does'],
  DRILL_E_NODE_TOO_OLD: ['environment', 'use the Node that `npm ci` brings'],
  DRILL_E_OUTPUT_UNWRITABLE: ['environment', 'name a folder that can be written with --output-dir'],
  DRILL_E_DISK_SPACE: ['environment', 'free some space, or name a folder on another disk with --output-dir'],
  DRILL_E_OPEN_FILES: ['environment', 'raise the limit of open files (ulimit -Hn)'],
  DRILL_E_LITESTREAM_MISSING: ['environment', 'fetch it with `drill litestream add VERSION`'],
  DRILL_E_LITESTREAM_FETCH: ['environment', 'fetch it from another --source, or name a path'],
  DRILL_E_FAULT_IMPOSSIBLE: [
    'environment',
    'run it on a machine that can do this, or leave the scenario out',
  ],
  DRILL_E_TIMEOUT: ['environment', 'give it longer with --timeout, or a machine that has less to do'],
  DRILL_E_INTERRUPTED: ['environment', 'run it again'],
  DRILL_E_SUPERVISOR_LOCKED: SUPERVISOR,
  DRILL_E_SUPERVISOR_LEASED: SUPERVISOR,
  DRILL_E_SUPERVISOR_STALE: SUPERVISOR,
  DRILL_E_SUPERVISOR_FAILED: SUPERVISOR,
  DRILL_E_CRASH_LOOP: SUPERVISOR,
};

/** Why nothing was measured although nothing broke. */
export const CLASS_OF_GAP = {
  'no-kill': ['harness', 'look at the last phase of the timeline'],
  'host-not-dead': ['environment', 'end the processes that it names, and run it again'],
  'fault-not-engaged': ['harness', 'change the fault in the scenario: here it found nothing to strike'],
  'no-writes': ['environment', 'look at evidence/…/logs/writer-*.log'],
  'too-few-writes': ['environment', 'ask for fewer writesPerSecond, or take a machine that has less to do'],
  'machine-starved': ['environment', 'run it again on a machine that has less to do'],
  'not-judged': ['harness', 'look at the checks that could not be judged'],
  'control-not-caught': [
    'harness',
    'no check saw what was planted: repeat it, then mistrust the check or the expectation',
  ],
} as const satisfies Readonly<Record<string, Classified>>;
export type GapCode = keyof typeof CLASS_OF_GAP;

/** What to do about each failure that the subject reports of itself, or that a drill sees before it restores. */
export const FIX_OF_SUBJECT = {
  'never-protected':
    'compare what the supervisor was told with where the objects are; its log is in evidence/…/logs',
  'supervisor-ended': "read the supervisor's last words in evidence/…/logs/supervisor.log",
  'no-first-write': 'read evidence/…/logs of the new host: what was restored cannot be written to',
  'not-protected-again': "read the new host's log, evidence/…/logs/supervisor-life-2.log",
  'did-not-end': 'look what it waits for in evidence/…/logs/supervisor.log: a service manager would kill it',
  'unclean-end':
    'read the last words in evidence/…/logs/supervisor.log: a service manager would call this a failure',
} as const satisfies Readonly<Record<string, string>>;
export type SubjectFailureCode = keyof typeof FIX_OF_SUBJECT;

/** What to do about a check of the scenario's own. */
export const FIX_OF_OWN_CHECK = "read what the scenario's own check says; its file is the scenario's";

/** What to do about each check that fails. */
export const FIX_OF_CHECK: Readonly<Record<CheckId, string>> = {
  inventory:
    "look whether it is in the supervisor's config and in the bucket, then at its line in restore-*.log",
  'clean-host': 'restore into an empty folder, and from the bucket alone',
  identity: 'compare the prefixes in litestream.yml: two databases may share one',
  integrity:
    'restore an earlier instant of these databases, and look up this Litestream in docs/known-bad-builds.md',
  'foreign-keys': 'look which writes are missing: rows came back without those that they point to',
  schema: 'compare the schema with that of the live database at the recovery point',
  contiguity: 'look for a hole in the replica, and up this Litestream in docs/known-bad-builds.md',
  'no-phantoms': 'look for a stale -wal, a second host on the prefix, or another restore in this folder',
  'row-counts': 'look for a hole in the replica, and up this Litestream in docs/known-bad-builds.md',
  content: 'look which writes the rows lack, and for two writers of one replica',
  invariants: 'restore the parent and its children to instants that fit each other',
  blobs: 'compare the mirror of the blobs with its interval, and with the databases that came back',
  'no-late-uploads': 'find the process that outlived the host: it may overwrite what the new one uploads',
  'second-life': "read the new host's log: the prefix may still belong to the old one",
  hooks: 'restore the hooks from version control, and from nowhere else',
  rehearsal: 'keep what is uploaded longer than the slowest restore takes (retention, l0-retention)',
  'point-in-time':
    'look for a hole in the replica, and whether retention is longer than the window that is promised',
  objectives: 'compare the measured figure with the promise: shorten the interval, or promise less',
};
