import { expect, it } from 'vitest';
import { ResourceStack } from './resources.ts';

it('releases in reverse order, every one although another fails', async () => {
  const stack = new ResourceStack();
  const released: string[] = [];
  stack.defer(() => void released.push('first'));
  stack.defer(() => {
    throw new Error('second');
  });
  stack.defer(() => void released.push('third'));
  await expect(stack[Symbol.asyncDispose]()).rejects.toThrow('not everything could be released');
  expect(released).toEqual(['third', 'first']);
});

it('releases once', async () => {
  const stack = new ResourceStack();
  let count = 0;
  stack.defer(() => void count++);
  await stack[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
  expect(count).toBe(1);
});
