import { type ChildProcess, spawn } from 'node:child_process';
import { ownProgram } from '../litestream/own-program.ts';
import type { Files } from './run.ts';
import { fuseEarlyMs } from './lease-record.ts';

/**
 * Ends Litestream at the end of the lease, whatever has become of the supervisor: a process of its own, which is told
 * each new end of the lease. After an orderly stop it is not needed and is killed.
 */
export class LeaseFuse {
  readonly #files: Files;
  readonly #earlyMs: number;
  #process: ChildProcess | null = null;
  #endMs: number | null = null;
  #said = '';
  #heard: (() => void) | null = null;

  constructor(files: Files, durationMs: number) {
    this.#files = files;
    this.#earlyMs = fuseEarlyMs(durationMs);
    this.#start();
  }

  /** Resolves when the fuse knows the new end; false: it does not, and Litestream must not run on the strength of it. */
  async extend(validUntilMs: number): Promise<boolean> {
    this.#endMs = Math.floor(validUntilMs - this.#earlyMs);
    if (this.#process === null) this.#start();
    this.#process?.stdin?.write(`${this.#endMs}\n`);
    const wanted = `${this.#endMs}\n`;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ANSWER_LIMIT_MS);
      this.#heard = () => {
        if (!this.#said.endsWith(wanted)) return;
        clearTimeout(timer);
        resolve(true);
      };
      this.#heard();
    });
  }

  /** Litestream has ended: there is nothing to protect any more. */
  release(): void {
    const fuse = this.#process;
    this.#process = null;
    fuse?.kill('SIGKILL');
  }

  #start(): void {
    const { config, lock, status } = this.#files;
    const fuse = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', PROGRAM, config, lock, status],
      { stdio: ['pipe', 'pipe', 'ignore'], env: {} },
    );
    this.#process = fuse;
    this.#said = '';
    fuse.stdin.on('error', () => undefined);
    fuse.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-100);
      this.#heard?.();
    });
    const gone = (): void => {
      if (this.#process === fuse) this.#process = null;
    };
    fuse.once('error', gone).once('exit', gone);
  }
}

const PROGRAM = ownProgram('lease-fuse-process.ts', import.meta.url);
/** A start of the process on a busy machine. */
const ANSWER_LIMIT_MS = 3000;
