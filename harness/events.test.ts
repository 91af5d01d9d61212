import { expect, test } from 'vitest';
import { createEventBus, type DrillEvent } from './events.ts';

const kill: DrillEvent = { type: 'kill', drillId: 'smoke', atMs: 1 };

test('a subscriber that throws is recorded, and neither stops the others nor the emitter', () => {
  const bus = createEventBus();
  const seen: DrillEvent[] = [];
  bus.subscribe('broken', () => {
    throw new Error('disk full');
  });
  bus.subscribe('whole', (event) => void seen.push(event));
  bus.emit(kill);
  expect(seen).toEqual([kill]);
  expect(bus.failures).toEqual([{ subscriber: 'broken', event: 'kill', message: 'disk full' }]);
});

test('failures are kept up to a limit', () => {
  const bus = createEventBus();
  bus.subscribe('broken', () => {
    throw new Error('again');
  });
  for (let count = 0; count < 1000; count += 1) bus.emit(kill);
  expect(bus.failures).toHaveLength(20);
});
