import { parentPort } from 'node:worker_threads';
import { messageOf } from '../errors.ts';
import { observeDatabase } from './observe.ts';
import type { ObserveAnswer, ObserveTask } from './observe-pool.ts';

/** A thread that reads restored files, one after the other, as it is told. */
parentPort?.on('message', (task: ObserveTask) => {
  let answer: ObserveAnswer;
  try {
    answer = { index: task.index, observation: observeDatabase(task.file, task.scratchDir) };
  } catch (error) {
    answer = { index: task.index, error: messageOf(error) };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(answer);
});
