/** Codes of the harness' own error registry that the supervisor can end with; it shares the words, not the module. */
export type SupervisorErrorCode =
  | 'DRILL_E_CONFIG_INVALID'
  | 'DRILL_E_SUPERVISOR_LOCKED'
  | 'DRILL_E_SUPERVISOR_LEASED'
  | 'DRILL_E_SUPERVISOR_STALE'
  | 'DRILL_E_OPEN_FILES'
  | 'DRILL_E_STORE_UNREACHABLE'
  | 'DRILL_E_STORE_REFUSED';

/** Why the supervisor does not start: what happened, why, what to do, and the exit code. */
export class SupervisorError extends Error {
  readonly code: SupervisorErrorCode;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  /** 2: usage or config; 3: the surroundings (store, limits). Nothing was started either way. */
  readonly exit: 2 | 3;

  constructor(
    code: SupervisorErrorCode,
    parts: { what: string; why: string; fix: string; exit: 2 | 3; cause?: unknown },
  ) {
    super(`[${code}] ${parts.what}`, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'SupervisorError';
    this.code = code;
    this.what = parts.what;
    this.why = parts.why;
    this.fix = parts.fix;
    this.exit = parts.exit;
  }
}

/** The message of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
