import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { DrillError, messageOf } from '../errors.ts';

const START_TIMEOUT_MS = 20_000;
const END_TIMEOUT_MS = 5000;

/** A process of our own that serves HTTP on a port of the loopback address and is told what to do by lines. */
export interface ServiceProcess extends AsyncDisposable {
  readonly endpoint: string;
  /** Null while it runs; what became of it once it ended by itself. */
  failure(): string | null;
  /** Sends a line and returns the line that answers it; rejects when there is none in time. */
  ask(line: string, limitMs: number): Promise<unknown>;
}

/**
 * Starts a service in a process group of its own. It gets its options as one line on standard input (a command line can
 * be read by everybody, and they hold keys), says `{"port":…}` once it answers, and ends when its standard input ends.
 */
export async function startService(name: string, program: string, options: object): Promise<ServiceProcess> {
  const child = execa(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    reject: false,
    detached: true,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '' },
    maxBuffer: 1_000_000,
  });
  let reason: string | null = null;
  let expected = false;
  const ended = child.then((result) => {
    const how = lastError(result.stderr) || (result.shortMessage ?? `exit ${result.exitCode}`);
    if (!expected) reason = `${name} ended: ${how}`;
    return how;
  });
  child.stdin.on('error', () => undefined); // one that has ended cannot be told anything
  const lines = createInterface({ input: child.stdout });
  const ask = async (line: string, limitMs: number): Promise<unknown> => {
    const answer = new Promise<unknown>((resolve) => {
      lines.once('line', (text) => resolve(JSON.parse(text)));
    });
    child.stdin.write(`${line}\n`);
    const end = ended.then((how) => Promise.reject(new Error(how)));
    return Promise.race([answer, end, within(limitMs)]);
  };
  const end = async (): Promise<void> => {
    expected = true;
    child.stdin.end();
    // It closes its log. One that does not come to it leaves a log that is not complete, and says so.
    await Promise.race([child, sleep(END_TIMEOUT_MS, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await child;
  };
  try {
    const { port } = (await ask(JSON.stringify(options), START_TIMEOUT_MS)) as { port: number };
    return {
      endpoint: `http://127.0.0.1:${port}`,
      failure: () => reason,
      ask,
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw notStarted(name, error);
  }
}

async function within(limitMs: number): Promise<never> {
  await sleep(limitMs, undefined, { ref: false });
  throw new Error(`no answer within ${limitMs} ms`);
}

function notStarted(name: string, cause: unknown): DrillError {
  return new DrillError('DRILL_E_STORE_START', {
    what: `${name} did not start`,
    why: messageOf(cause),
    fix: 'run `npm run drill -- doctor`: it looks at what the store needs',
    exit: 3,
    cause,
  });
}

function lastError(text: string | undefined): string {
  const lines = (text ?? '').split('\n').filter((line) => /error/i.test(line));
  return lines.at(0)?.trim() ?? '';
}
