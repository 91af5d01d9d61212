/**
 * The errors that a user meets: each has a stable code, says what happened, why, and what to do,
 * and knows the exit code it leads to (README, "Exit codes").
 */
export type DrillErrorCode =
  | 'DRILL_E_NODE_TOO_OLD'
  | 'DRILL_E_USAGE'
  | 'DRILL_E_SCENARIO_INVALID'
  | 'DRILL_E_SCENARIO_UNKNOWN'
  | 'DRILL_E_CONFIG_INVALID'
  | 'DRILL_E_OUTPUT_UNWRITABLE'
  | 'DRILL_E_DISK_SPACE'
  | 'DRILL_E_OPEN_FILES'
  | 'DRILL_E_FAULT_IMPOSSIBLE'
  | 'DRILL_E_LITESTREAM_MISSING'
  | 'DRILL_E_LITESTREAM_FETCH'
  | 'DRILL_E_STORE_START'
  | 'DRILL_E_STORE_UNREACHABLE'
  | 'DRILL_E_STORE_REFUSED'
  | 'DRILL_E_STORE_CONFORMANCE'
  | 'DRILL_E_SUPERVISOR_LOCKED'
  | 'DRILL_E_SUPERVISOR_LEASED'
  | 'DRILL_E_SUPERVISOR_STALE'
  | 'DRILL_E_SUPERVISOR_FAILED'
  | 'DRILL_E_CRASH_LOOP'
  | 'DRILL_E_RESTORE_FAILED'
  | 'DRILL_E_WRITER_FAILED'
  | 'DRILL_E_TIMEOUT'
  | 'DRILL_E_LEDGER_DAMAGED'
  | 'DRILL_E_RUN_UNREADABLE'
  | 'DRILL_E_MERGE_REFUSED'
  | 'DRILL_E_HISTORY_DAMAGED'
  | 'DRILL_E_PACK'
  | 'DRILL_E_INTERRUPTED';

/** 2 = usage or config, nothing was started; 3 = could not measure; 1 = the subject failed. */
export type DrillErrorExit = 1 | 2 | 3 | 130 | 143;

export interface DrillErrorParts {
  /** One line: what happened. */
  readonly what: string;
  /** One line: why. */
  readonly why: string;
  /** One line: what to do about it. */
  readonly fix: string;
  readonly exit: DrillErrorExit;
  /** Further lines between what and why: every problem of a file, one a line. */
  readonly details?: readonly string[];
  readonly cause?: unknown;
}

export class DrillError extends Error {
  readonly code: DrillErrorCode;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly exit: DrillErrorExit;
  readonly details: readonly string[];

  constructor(code: DrillErrorCode, parts: DrillErrorParts) {
    super(`[${code}] ${parts.what}`, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'DrillError';
    this.code = code;
    this.what = parts.what;
    this.why = parts.why;
    this.fix = parts.fix;
    this.exit = parts.exit;
    this.details = parts.details ?? [];
  }
}

/** The text a user sees: what, why, what to do; the stack never. */
export function describeError(error: DrillError): string {
  const details = error.details.map((line) => `\n  ${line}`).join('');
  return `[${error.code}] ${error.what}${details}\n  why: ${error.why}\n  do:  ${error.fix}`;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Errors of the operating system and of SQLite that a machine is to blame for, not the harness. */
const ENVIRONMENT_ERRORS: Readonly<Record<string, readonly [code: DrillErrorCode, fix: string]>> = {
  ENOSPC: ['DRILL_E_DISK_SPACE', 'free some space, or name a folder on another disk with --output-dir'],
  EDQUOT: [
    'DRILL_E_DISK_SPACE',
    'free some of your quota, or name a folder on another disk with --output-dir',
  ],
  SQLITE_FULL: ['DRILL_E_DISK_SPACE', 'free some space, or name a folder on another disk with --output-dir'],
  EROFS: ['DRILL_E_OUTPUT_UNWRITABLE', 'name a folder that can be written with --output-dir'],
  EMFILE: ['DRILL_E_OPEN_FILES', 'raise the limit of open files (ulimit -Hn)'],
  ENFILE: ['DRILL_E_OPEN_FILES', "raise the system's limit of open files"],
};

/** The error itself when it is ours; one of ours (exit code 3) when the machine is to blame; null: nobody foresaw it. */
export function foreseen(error: unknown): DrillError | null {
  if (error instanceof DrillError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = ENVIRONMENT_ERRORS[code];
  if (known === undefined) return null;
  const what = 'the machine could not give what the drill needed';
  return new DrillError(known[0], { what, why: messageOf(error), fix: known[1], exit: 3, cause: error });
}

/** What is said of an error, and the exit code that it leads to. */
export interface Failure {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly details: readonly string[];
  readonly exitCode: DrillErrorExit | 4;
}

/** Of whatever was thrown; what nobody foresaw is a bug. */
export function failureOf(thrown: unknown): Failure {
  const error = foreseen(thrown);
  if (error !== null) {
    const { code, what, why, fix, details, exit } = error;
    return { code, what, why, fix, details, exitCode: exit };
  }
  return {
    code: 'DRILL_E_BUG',
    what: 'a bug in the harness: this should never have happened',
    why: messageOf(thrown).replaceAll(/\s+/g, ' '),
    fix: 'run it again with --verbose, and report what it prints',
    details: [],
    exitCode: 4,
  };
}
