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
  /** In an outage: when all are let go, whatever else is held meanwhile. */
  #outageEndsMs: number | null = null;

  /** Takes hold of the databases; answers how many, fewer where one cannot be opened. Never throws, never takes long. */
  async hold(files: readonly string[], limitMs = HOLD_TIMEOUT_MS): Promise<number> {
    const before = this.#holder;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#holder = startHolder();
    const answer = await tell(this.#holder, 'hold', files, limitMs);
    before?.kill('SIGKILL');
    return answer;
  }

  /** Takes hold of some more, or anew, beside those that are held. Answers as `hold` does. */
  async alsoHold(files: readonly string[]): Promise<number> {
    if (files.length === 0) return 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#holder ??= startHolder();
    return await tell(this.#holder, 'hold', files, HOLD_TIMEOUT_MS);
  }

  /** Lets go of some of them, and goes on holding the others. */
  async letGo(files: readonly string[]): Promise<void> {
    if (this.#holder !== null) await tell(this.#holder, 'release', files, HOLD_TIMEOUT_MS);
  }

  /**
   * Lets go once the new Litestream has had time to take hold itself, and where that can be asked not before it has; in any
   * case when an outage would be over.
   */
  releaseAfter(ms: number, isTaken: () => boolean = () => true): void {
    this.#outageEndsMs = null;
    const limitMs = performance.now() + Math.max(ms, OUTAGE_MS);
    const look = (): void => {
      if (performance.now() > limitMs || isTaken()) this.release();
      else this.#in(LOOK_MS, look);
    };
    this.#in(ms, look);
  }

  /**
   * While no Litestream may run: WALs grow as long as they are held, so they are let go after this time, counted from the
   * first call. What is held since then does not lengthen it.
   */
  releaseAfterOutage(ms = OUTAGE_MS): void {
    this.#outageEndsMs ??= performance.now() + ms;
    this.#in(Math.max(0, this.#outageEndsMs - performance.now()), () => this.release());
  }

  #in(ms: number, act: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
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
const LOOK_MS = 1000;
/** After an outage as long as this a new generation is the smaller evil. */
const OUTAGE_MS = 120_000;

function startHolder(): ChildProcess {
  const holder = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {},
  });
  // Without one, or when it dies, the replacement goes on.
  holder.on('error', () => undefined);
  holder.stdin.on('error', () => undefined);
  return holder;
}

/** Tells the holder what to do with files; answers with how many it did, 0 when it says none in time. */
function tell(
  holder: ChildProcess,
  order: 'hold' | 'release',
  files: readonly string[],
  limitMs: number,
): Promise<number> {
  return new Promise((resolve) => {
    let said = '';
    const hear = (text: string): void => {
      said += text;
      const count = /^(\d+)\n/m.exec(said)?.[1];
      if (count !== undefined) done(Number(count));
    };
    const gone = (): void => done(0);
    const done = (count: number): void => {
      clearTimeout(timer);
      holder.stdout?.off('data', hear);
      holder.off('error', gone).off('exit', gone);
      resolve(count);
    };
    const timer = setTimeout(gone, limitMs);
    holder.stdout?.setEncoding('utf8').on('data', hear);
    holder.once('error', gone).once('exit', gone);
    holder.stdin?.write(`${JSON.stringify({ [order]: files })}\n`);
  });
}
