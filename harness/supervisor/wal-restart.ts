import { spawn } from 'node:child_process';
import { ownProgram } from '../litestream/own-program.ts';

const PROGRAM = ownProgram('wal-restart-process.ts', import.meta.url);
const LIMIT_MS = 10_000;
/** A checkpoint and its fsync, on a disk that is in use. */
const LIMIT_EACH_MS = 30;

/**
 * Makes databases that took the place of others begin a new WAL. A Litestream that still had the former file open may
 * have copied the newcomer's WAL on top of the former's pages, in its shadow WAL (0.3) or an LTX file (0.5); its successor
 * would find that WAL there and go on from it, and a restore would give back a mixture, with exit code 0. Before a WAL
 * that it does not know it takes a whole snapshot. Nobody may replicate them meanwhile. Answers the files for which it was
 * done.
 */
export function restartWals(files: readonly string[]): Promise<ReadonlySet<string>> {
  if (files.length === 0) return Promise.resolve(new Set());
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {},
      timeout: LIMIT_MS + files.length * LIMIT_EACH_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    // Whole lines only: what it had done when its time was over counts.
    const end = (): void =>
      resolve(
        new Set(
          said
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as string),
        ),
      );
    child.once('error', end).once('close', end);
    child.stdin.on('error', () => undefined).end(JSON.stringify(files));
  });
}
