import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** Why one source could not give a version: one line for people. The others are still tried. */
export class FetchProblem extends Error {
  override readonly name = 'FetchProblem';
}

export interface ToolRun {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Finds the reason of a failure in the output, where it is not the last line. */
  readonly reason?: RegExp;
}

const OUTPUT_BYTES = 1 << 20;
const LAST_WORDS = 300;

/** Runs one tool of a source to its end and answers its stdout. Failing, or taking too long, is a problem of that source. */
export async function runTool(command: string, args: readonly string[], run: ToolRun): Promise<string> {
  const result = await execa(command, args, {
    cwd: run.cwd,
    env: run.env,
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: run.timeoutMs,
    cancelSignal: run.signal,
    killSignal: 'SIGKILL',
    // A compiler's own children must not outlive the limit.
    killDescendants: true,
    maxBuffer: OUTPUT_BYTES,
  });
  run.signal.throwIfAborted();
  if (result.exitCode === 0) return result.stdout;
  const name = [command, ...args.slice(0, args[0] === '-m' ? 2 : 1)].join(' ');
  if (result.timedOut) {
    throw new FetchProblem(`\`${name}\` did not end within ${Math.round(run.timeoutMs / 1000)} s`);
  }
  const words = lastWords(result.all, run.reason) || (result.shortMessage ?? 'it said nothing');
  throw new FetchProblem(`\`${name}\` failed: ${words}`);
}

/** Whether PATH gives this program. */
export function isOnPath(name: string, env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => {
    if (folder === '') return false;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false; // not here: PATH goes on
    }
  });
}

function lastWords(output: string, reason: RegExp | undefined): string {
  const words = reason?.exec(output)?.[0] ?? output.trim().split('\n').at(-1) ?? '';
  return words.trim().slice(0, LAST_WORDS);
}
