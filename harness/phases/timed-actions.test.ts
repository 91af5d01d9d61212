import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TimedActions } from './timed-actions.ts';

it('starts what is due, in the order of time, and says when the next one is', async () => {
  const started: string[] = [];
  const action = (id: string, atMs: number) => ({
    id,
    atMs,
    run: async () => {
      started.push(id);
      await tick();
    },
  });
  const actions = new TimedActions([action('late', 900), action('first', 0), action('second', 200)]);
  expect(actions.startDue(0)).toBe(200);
  expect(started).toEqual(['first']);
  expect(actions.startDue(250)).toBe(650);
  expect(started).toEqual(['first', 'second']);
  expect(actions.startDue(2000)).toBe(Number.POSITIVE_INFINITY);
  expect(started).toEqual(['first', 'second', 'late']);
});

it('does not wait for an action, and passes on what it throws', async () => {
  const actions = new TimedActions([
    { id: 'bad', atMs: 0, run: () => Promise.reject(new Error('the wrench slipped')) },
  ]);
  actions.startDue(0);
  expect(() => actions.assertWell()).not.toThrow();
  await tick();
  expect(() => actions.assertWell()).toThrow('the wrench slipped');
});
