import { expect, test } from 'vitest';
import { faultSchema } from '../scenario/faults.ts';
import { faultWindow } from './fault-window.ts';

test.each([
  ['that lasts to the end', { kind: 'store-status', status: 403, from: '4s' }, 4000, null],
  ['of some length', { kind: 'store-status', status: 403, from: '4s', for: '2s' }, 4000, 6000],
  ['frozen until the kill', { kind: 'host-freeze', at: '1s', process: 'litestream' }, 1000, null],
  ['over at once', { kind: 'host-kill', at: '1s', process: 'litestream' }, 1000, 1000],
])('a fault %s has a window that can be written down', (_, fault, fromMs, toMs) => {
  const window = faultWindow(faultSchema.parse({ id: 'one', ...fault }));
  expect(window).toEqual({ phase: 'load', fromMs, toMs });
  expect(JSON.parse(JSON.stringify(window))).toEqual(window);
});
