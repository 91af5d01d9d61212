/**
 * What harness and host leader say to each other, one JSON document a line. The leader is the init of a host: every
 * process of the host is its descendant and, unless it leaves, in its process group.
 */

/** Name of the subject's process. */
export const SUPERVISOR = 'supervisor';

export interface StartCommand {
  readonly do: 'start';
  /** Name of the process in events and logs, unique while it runs. */
  readonly name: string;
  /** Either a program with its arguments, or one text for the shell. */
  readonly argv: readonly string[] | null;
  readonly shell: string | null;
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** stderr goes here, and stdout too unless `relay`. */
  readonly logFile: string;
  /** Each line of stdout is relayed as a `line` event. */
  readonly relay: boolean;
  /** Opened for appending and inherited as descriptor 3 (the ledger). */
  readonly ledgerFile: string | null;
}

export type HostCommand =
  | StartCommand
  | { readonly do: 'input'; readonly name: string; readonly text: string }
  | { readonly do: 'signal'; readonly name: string; readonly signal: 'SIGTERM' | 'SIGKILL' };

export type HostEvent =
  | { readonly event: 'started'; readonly name: string; readonly pid: number; readonly atUs: number }
  | { readonly event: 'line'; readonly name: string; readonly text: string }
  | {
      readonly event: 'exited';
      readonly name: string;
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly atUs: number;
    }
  | { readonly event: 'error'; readonly name: string; readonly message: string };
