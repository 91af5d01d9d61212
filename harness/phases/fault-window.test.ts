import { expect, test } from 'vitest';
import { faultSchema } from '../scenario/faults.ts';
import { faultWindow } from './fault-window.ts';

test.each([
  ['that lasts to the end', { kind: 'store-status', status: 403, from: '4s' }, 4000, null],
  ['of some length', { kind: 'store-status', status: 403, from: '4s', for: '2s' }, 4000, 6000],
  ['frozen until the kill', { kind: 'host-freeze', at: '1s', process: 'litestream' }, 1000, null],
  ['over at once', { kind: 'host-kill', at: '1s', process: 'litestream' }, 1000, 1000],
  ['that fills up and lasts', { kind: 'host-disk-full', at: '2s', over: '8s', for: '3s' }, 2000, 13_000],
  ['of a slow disk', { kind: 'host-slow-disk', at: '2s', for: '3s', writesPerSecond: 9 }, 2000, 5000],
  [
    'that strikes five times',
    { kind: 'host-kill', at: '2s', process: 'litestream', times: 5, every: '1500ms' },
    2000,
    8000,
  ],
  [
    'that strikes twice, and is mended each time',
    { kind: 'host-kill', at: '2s', process: 'writer', times: 2, every: '2s', startAgainAfter: '1s' },
    2000,
    6000,
  ],
  [
    'of an act that is done again and again',
    { kind: 'host-database', at: '2s', do: 'checkpoint-truncate', times: 12, every: '900ms' },
    2000,
    11_900,
  ],
])('a fault %s has a window that can be written down', (_, fault, fromMs, toMs) => {
  const window = faultWindow(faultSchema.parse({ id: 'one', ...fault }));
  expect(window).toEqual({ phase: 'load', fromMs, toMs });
  expect(JSON.parse(JSON.stringify(window))).toEqual(window);
});

test('a fault that lasts all the time has no window', () => {
  expect(faultWindow(faultSchema.parse({ id: 'one', kind: 'host-limit', openFiles: 64 }))).toBeNull();
});
