import { spawn } from 'node:child_process';

const LIMIT_MS = 10_000;
/** A checkpoint and its fsync, or a read behind a lock, on a disk that is in use. */
const LIMIT_EACH_MS = 30;

/**
 * Gives database files to a program of ours, in a process of its own, and answers what it says: a JSON text on each line. What
 * it had said when its time was over, or when it broke, counts; half a line does not.
 */
export function tellDatabases(program: string, files: readonly string[]): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {},
      timeout: LIMIT_MS + files.length * LIMIT_EACH_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const end = (): void => {
      const lines = said.split('\n').slice(0, -1);
      resolve(lines.map((line) => JSON.parse(line) as unknown));
    };
    child.once('error', end).once('close', end);
    child.stdin.on('error', () => undefined).end(JSON.stringify(files));
  });
}
