import { type ChildProcess, spawn } from 'node:child_process';
import { ownProgram } from '../litestream/own-program.ts';

/**
 * Keeps the databases' WALs from being restarted while Litestream is replaced. Litestream itself does that with a read
 * transaction in each; while it is away, a busy application checkpoints, begins its WAL anew, and the next Litestream
 * finds another WAL than it left and starts a new generation: history cut, a whole snapshot to upload, and no
 * protection until that is sound. (Measured: 67 of 80 busy databases in 23 replacements without this.)
 */
export class WalGuard {
  #holder: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** Takes hold of the databases; answers how many, fewer where one cannot be opened. Never throws, never takes long. */
  async hold(files: readonly string[], limitMs = HOLD_TIMEOUT_MS): Promise<number> {
    const before = this.#holder;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const holder = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {},
    });
    this.#holder = holder;
    const answer = await tell(holder, files, 'holding', limitMs);
    before?.kill('SIGKILL');
    return answer;
  }

  /** Lets go of some of them, and goes on holding the others. */
  async letGo(files: readonly string[]): Promise<void> {
    if (this.#holder !== null) await tell(this.#holder, files, 'released', HOLD_TIMEOUT_MS);
  }

  /** Lets go once the new Litestream has had time to take hold itself. */
  releaseAfter(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.release(), ms);
  }

  /** Lets go at once, by SIGKILL: an orderly close could remove a WAL. */
  release(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#holder?.kill('SIGKILL');
    this.#holder = null;
  }
}

const PROGRAM = ownProgram('guard-process.ts', import.meta.url);
const HOLD_TIMEOUT_MS = 3000;

/** Tells the holder of files; answers the number that it says to that, 0 when it says none in time. */
function tell(
  holder: ChildProcess,
  files: readonly string[],
  word: 'holding' | 'released',
  limitMs: number,
): Promise<number> {
  return new Promise((resolve) => {
    let said = '';
    const hear = (text: string): void => {
      said += text;
      const count = new RegExp(`${word} (\\d+)\n`).exec(said)?.[1];
      if (count !== undefined) done(Number(count));
    };
    const done = (count: number): void => {
      clearTimeout(timer);
      holder.stdout?.off('data', hear);
      resolve(count);
    };
    const timer = setTimeout(() => done(0), limitMs);
    holder.stdout?.setEncoding('utf8').on('data', hear);
    // It could not be started, or died: the replacement goes on without it.
    holder.once('error', () => done(0)).once('exit', () => done(0));
    holder.stdin?.on('error', () => undefined).write(`${JSON.stringify(files)}\n`);
  });
}
