import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { limitedSignal } from './limited-signal.ts';

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

test('the limit comes although nobody else holds it and nobody listens', async () => {
  const signal = limitedSignal(100, new AbortController().signal);
  for (let round = 0; round < 10; round++) {
    collect();
    await sleep(20);
  }
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('it ends with the first of its signals, also one that has ended before', () => {
  const controller = new AbortController();
  const signal = limitedSignal(60_000, new AbortController().signal, controller.signal);
  expect(signal.aborted).toBe(false);
  controller.abort('enough');
  expect([signal.aborted, signal.reason]).toEqual([true, 'enough']);
  expect(limitedSignal(60_000, AbortSignal.abort('before')).reason).toBe('before');
});
