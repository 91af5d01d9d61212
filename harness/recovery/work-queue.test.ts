import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

describe('WorkQueue', () => {
  it('never runs more tasks at once than its width', async () => {
    const queue = new WorkQueue(3);
    let running = 0;
    let most = 0;
    for (let task = 0; task < 20; task++) {
      queue.add(0, async () => {
        most = Math.max(most, ++running);
        await sleep(1);
        running--;
      });
    }
    await queue.drained();
    expect(most).toBe(3);
  });

  it('takes lower ranks first and keeps the order within a rank', async () => {
    const queue = new WorkQueue(1);
    const order: string[] = [];
    const note = (name: string) => () => Promise.resolve(order.push(name));
    queue.add(1, note('app 1'));
    queue.add(1, note('app 2'));
    queue.add(0, note('realm 1'));
    queue.add(0, note('realm 2'));
    await queue.drained();
    expect(order).toEqual(['realm 1', 'realm 2', 'app 1', 'app 2']);
  });

  it('runs what a task adds before it is drained', async () => {
    const queue = new WorkQueue(2);
    const done: string[] = [];
    queue.add(0, async () => {
      await sleep(1);
      queue.add(1, () => Promise.resolve(done.push('child')));
    });
    await queue.drained();
    expect(done).toEqual(['child']);
  });

  it('runs every task although one fails, and then rejects with that failure', async () => {
    const queue = new WorkQueue(1);
    const done: number[] = [];
    queue.add(0, () => Promise.reject(new Error('first')));
    queue.add(0, () => Promise.resolve(done.push(1)));
    await expect(queue.drained()).rejects.toThrow('first');
    expect(done).toEqual([1]);
  });
});
