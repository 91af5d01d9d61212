import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { ownCheckSchema, type OwnCheckRecord } from '../evidence/own-check.ts';
import { ownProgram } from '../litestream/own-program.ts';
import type { OwnAnswer } from './answer.ts';

const PROGRAM = ownProgram('own-check-process.ts', import.meta.url);

export interface OwnCheckRun {
  readonly name: string;
  readonly module: string;
  readonly inputFile: string;
  readonly offered: number;
  /** Its working directory, and where its copies of the databases lie. */
  readonly scratchDir: string;
  readonly logFile: string;
  readonly timeoutMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Runs one check in a process of its own: whatever it does there, it harms neither the drill nor the next check, and one
 * that hangs is ended. It sees no credential: what it judges are the restored files.
 */
export async function runOwnCheck(run: OwnCheckRun): Promise<OwnCheckRecord> {
  const startUs = run.clock.nowUs();
  await mkdir(run.scratchDir, { recursive: true });
  const log = openSync(run.logFile, 'a');
  let answer: OwnAnswer;
  try {
    answer = await ask(run, log);
  } finally {
    closeSync(log);
  }
  const durationMs = (run.clock.nowUs() - startUs) / 1000;
  return { name: run.name, offered: run.offered, durationMs, ...answer };
}

const answerSchema = z.strictObject(ownCheckSchema.pick({ opened: true, findings: true, error: true }).shape);

function ask({ module, name, inputFile, scratchDir, ...run }: OwnCheckRun, log: number): Promise<OwnAnswer> {
  const child = fork(PROGRAM, [module, name, inputFile, scratchDir], {
    cwd: scratchDir,
    env: run.env,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', log, log, 'ipc'],
    // A group of its own: what the check itself has started ends with it.
    detached: true,
  });
  return new Promise((resolve) => {
    let ending = '';
    const end = (why: string): void => {
      ending ||= why;
      endGroup(child.pid);
    };
    const timer = setTimeout(() => end(`it did not end within ${run.timeoutMs} ms`), run.timeoutMs);
    const interrupt = (): void => end('the drill ended before it');
    run.signal.addEventListener('abort', interrupt, { once: true });
    if (run.signal.aborted) interrupt();
    let answer: OwnAnswer | null = null;
    child.on('message', (message) => {
      const parsed = answerSchema.safeParse(message);
      answer ??= parsed.success ? parsed.data : noAnswer('it answered something else than findings');
    });
    child.on('error', (error) => end(`it could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      run.signal.removeEventListener('abort', interrupt);
      endGroup(child.pid);
      if (ending !== '') resolve(noAnswer(ending));
      else resolve(answer ?? noAnswer(`it ended without an answer: ${signal ?? `exit code ${code}`}`));
    });
  });
}

function noAnswer(error: string): OwnAnswer {
  return { opened: 0, findings: [], error };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}
