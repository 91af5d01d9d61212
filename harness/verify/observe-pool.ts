import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors.ts';
import { ownProgram } from '../litestream/own-program.ts';
import type { Observation } from './observation.ts';
import { observeDatabase, unobserved } from './observe.ts';

export interface ObserveTask {
  readonly index: number;
  readonly file: string;
  readonly scratchDir: string;
}

export type ObserveAnswer =
  | { readonly index: number; readonly observation: Observation }
  | { readonly index: number; readonly error: string };

const READER = ownProgram('observe-worker.ts', import.meta.url);

/** One file of two million rows takes ten seconds on a slow machine. */
const FILE_TIMEOUT_MS = 300_000;

/**
 * Reads files in `parallelism` threads, largest first by the caller's order, and tells each as it is done. With one,
 * it reads in this thread. A thread that dies or hangs makes its file unobserved, and no other.
 */
export async function observeAll(
  files: readonly string[],
  scratchDir: string,
  parallelism: number,
  onObserved: (index: number, observation: Observation) => Promise<void>,
): Promise<void> {
  let next = 0;
  if (parallelism <= 1) {
    for (const [index, file] of files.entries()) await onObserved(index, observeDatabase(file, scratchDir));
    return;
  }
  const lane = async (): Promise<void> => {
    let worker: Worker | null = null;
    try {
      while (next < files.length) {
        const index = next++;
        worker ??= new Worker(READER);
        const answer = await ask(worker, { index, file: files[index] ?? '', scratchDir });
        if ('error' in answer) {
          await worker.terminate();
          worker = null;
          await onObserved(index, unobserved(answer.error));
        } else await onObserved(index, answer.observation);
      }
    } finally {
      await worker?.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelism, files.length) }, lane));
}

function ask(worker: Worker, task: ObserveTask): Promise<ObserveAnswer> {
  return new Promise((resolve) => {
    const failed = (error: string): void => done({ index: task.index, error });
    const onError = (error: unknown): void => failed(messageOf(error));
    const onExit = (code: number): void => failed(`the reading thread ended with code ${code}`);
    // Its own listeners only: removeAllListeners() would take those by which the thread's port is served as well.
    const done = (answer: ObserveAnswer): void => {
      clearTimeout(timer);
      worker.off('message', done).off('error', onError).off('exit', onExit);
      resolve(answer);
    };
    const timer = setTimeout(() => failed(`not read within ${FILE_TIMEOUT_MS} ms`), FILE_TIMEOUT_MS);
    worker.on('message', done).on('error', onError).on('exit', onExit);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(task);
  });
}
