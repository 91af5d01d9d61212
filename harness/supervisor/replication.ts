import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { platform } from 'node:process';
import type { Readable } from 'node:stream';
import { Backoff, type BackoffPolicy } from './backoff.ts';
import { reasonOf } from './failure.ts';
import type { Log } from './log.ts';
import { LogForwarder } from './log-forwarder.ts';
import { endReplicators } from './orphans.ts';

export interface ReplicationOptions {
  readonly command: string;
  readonly configPath: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly backoff: BackoffPolicy;
  /** Asked at the last moment before a start: whether no other host may be replicating to the same prefix. */
  readonly mayWrite: () => boolean;
  /** Done before a child takes the place of one that nobody had ended: while there is none. */
  readonly beforeRestart?: () => Promise<void>;
}

export interface ChildStatus {
  /**
   * `backoff`: it died and will be started again. `crash-loop`: it has died again and again, and still will be.
   * `fenced`: it may not run, because another host may.
   */
  readonly state: 'stopped' | 'running' | 'backoff' | 'crash-loop' | 'fenced';
  readonly pid: number | null;
  /** Starts after a death that nobody ordered. */
  readonly restarts: number;
  readonly lastExit: string | null;
}

/**
 * The Litestream child: at most one at any time, alive whenever it is wanted. It is not detached, so a signal to the
 * supervisor's process group reaches it too. Before every start, whatever else replicates by the same config is ended.
 */
export class Replication {
  readonly #options: ReplicationOptions;
  readonly #backoff: Backoff;
  #child: Child | null = null;
  /** The one that runs, also while its end is awaited. */
  #alive: Child | null = null;
  #wanted = false;
  #fenced = false;
  #retry: NodeJS.Timeout | null = null;
  #restarts = 0;
  #lastExit: string | null = null;
  /** Starts and stops follow one another; two at once would make two children. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ReplicationOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  /**
   * Starts the child, or replaces the running one, with the config file as it is by then. `between` is done while there
   * is none. What fails is thrown, and tried again later all the same.
   */
  async start(graceMs: number, between: () => Promise<void>): Promise<void> {
    this.#wanted = true;
    try {
      await this.#inTurn(async () => {
        await this.#end(graceMs);
        await between();
        if (this.#wanted) await this.#spawn();
      });
    } catch (error) {
      if (this.#wanted && this.#child === null) this.#retryIn(this.#backoff.ended(0));
      throw error;
    }
  }

  /** Ends the child: SIGTERM, at most `graceMs` for its last sync, SIGKILL. Ends when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#wanted = false;
    await this.#inTurn(async () => {
      await this.#end(graceMs);
      // A wrapper script can die of the signal and leave the program it had started.
      await endReplicators(this.#options.configPath, 0);
    });
  }

  /** Ends the child now and starts none, whoever asks for one, until `unfence`. */
  async fence(): Promise<void> {
    this.#fenced = true;
    this.kill();
    await this.#inTurn(async () => {
      await this.#end(0);
      await endReplicators(this.#options.configPath, 0);
    });
  }

  /** Lets the child run again, and starts it when one is wanted. */
  unfence(): void {
    this.#fenced = false;
    this.#startWanted();
  }

  /** Ends it now, whatever it is doing. */
  kill(): void {
    this.#alive?.process.kill('SIGKILL');
  }

  status(): ChildStatus {
    const child = this.#child;
    const runningMs = child === null ? 0 : performance.now() - child.startMs;
    const absent = this.#fenced ? 'fenced' : this.#wanted ? 'backoff' : 'stopped';
    const crashLoop = this.#wanted && !this.#fenced && this.#backoff.crashLoop(runningMs);
    return {
      state: crashLoop ? 'crash-loop' : child === null ? absent : 'running',
      pid: child?.process.pid ?? null,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
    };
  }

  async #inTurn(act: () => Promise<void>): Promise<void> {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    const mine = this.#turn.then(act);
    this.#turn = mine.catch(() => undefined);
    await mine;
  }

  async #spawn(): Promise<void> {
    const { command, configPath, log } = this.#options;
    const leftovers = await endReplicators(configPath, 0);
    if (leftovers > 0) log.write('warn', 'ended a replicator left behind', { count: leftovers });
    if (this.#fenced) return;
    if (!this.#options.mayWrite()) throw new Error('the lease is over');
    const child = launch(this.#options);
    this.#child = child;
    this.#alive = child;
    endFirst(child.process.pid);
    log.write('info', 'litestream started', { pid: child.process.pid, command });
    void child.ended.then((exit) => this.#onEnd(child, exit));
  }

  #onEnd(child: Child, exit: string): void {
    this.#lastExit = exit;
    if (this.#alive === child) this.#alive = null;
    if (this.#child !== child) return;
    this.#child = null;
    if (!this.#wanted || this.#fenced) return;
    const delayMs = this.#backoff.ended(performance.now() - child.startMs);
    this.#options.log.write('error', 'litestream ended by itself', {
      exit,
      restartInMs: delayMs,
      crashLoop: this.#backoff.crashLoop(0),
    });
    this.#retryIn(delayMs);
  }

  #retryIn(delayMs: number): void {
    this.#retry = setTimeout(() => {
      this.#restarts++;
      this.#startWanted();
    }, delayMs);
  }

  #startWanted(): void {
    void this.#inTurn(async () => {
      if (!this.#wanted || this.#child !== null || this.#fenced) return;
      // Whatever is left of the former one must not go on meanwhile.
      await endReplicators(this.#options.configPath, 0);
      await this.#options.beforeRestart?.();
      if (this.#wanted) await this.#spawn();
    }).catch((error: unknown) => {
      this.#options.log.write('error', 'litestream could not be started', { error: reasonOf(error) });
      this.#retryIn(this.#backoff.ended(0));
    });
  }

  async #end(graceMs: number): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    // From here on its end is ordered, not a crash.
    this.#child = null;
    child.process.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.#options.log.write('warn', 'litestream did not end in time and is killed', { graceMs });
      child.process.kill('SIGKILL');
    }, graceMs);
    const exit = await child.ended;
    clearTimeout(timer);
    this.#options.log.write('info', 'litestream ended', { exit });
  }
}

/** Litestream is the first to go when memory runs out: unlike its supervisor and the application it is started again. */
function endFirst(pid: number | undefined): void {
  if (platform !== 'linux' || pid === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, OOM_SCORE);
  } catch {
    // It has ended already, or the system does not allow it: the kernel then chooses by size alone.
  }
}

/** In the middle between what is chosen by its size alone and what always goes first. */
const OOM_SCORE = '500';

interface Child {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly startMs: number;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
}

function launch({ command, configPath, dataDir, env, log }: ReplicationOptions): Child {
  const process = spawn(command, ['replicate', '-config', configPath], {
    env: { ...env },
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: false,
  });
  for (const stream of [process.stdout, process.stderr]) {
    const forwarder = new LogForwarder(log, dataDir);
    stream
      .setEncoding('utf8')
      .on('data', (text: string) => forwarder.push(text))
      .on('end', () => forwarder.end());
  }
  const ended = new Promise<string>((resolve) => {
    process.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    process.once('exit', (code, signal) =>
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
    );
  });
  return { process, startMs: performance.now(), ended };
}
