import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LeaseTiming } from './lease-record.ts';
import { type HostScript, runWorld, type Span, type WorldScript } from './lease-world.ts';

const TIMING: LeaseTiming = { renewMs: 5000, durationMs: 15_000 };
const NO_WORD = { takeOver: false, restored: null, lastEpoch: null };
const FOREVER = Number.MAX_SAFE_INTEGER;

function host(parts: Partial<HostScript>): HostScript {
  const calm = { startMs: 0, rate: 1, supervisorStops: [], machineStops: [], outages: [], word: NO_WORD };
  return { ...calm, ...parts };
}

function world(parts: Partial<WorldScript> & Pick<WorldScript, 'hosts'>): WorldScript {
  return {
    timing: TIMING,
    untilMs: 90_000,
    latencyMs: 20,
    lossShare: 0,
    random: () => 0.5,
    ...parts,
  };
}

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const span = fc
  .tuple(fc.integer({ min: 0, max: 80_000 }), fc.integer({ min: 1, max: 40_000 }))
  .map(([fromMs, lengthMs]): Span => ({ fromMs, toMs: fromMs + lengthMs }));
const spans = fc.array(span, { maxLength: 3 });

function arbitraryWorld(rates: fc.Arbitrary<number>, without?: WorldScript['without']) {
  const hosts = fc.array(
    fc.record({
      startMs: fc.integer({ min: 0, max: 60_000 }),
      rate: rates,
      supervisorStops: spans,
      machineStops: spans,
      outages: spans,
      word: fc.constant(NO_WORD),
    }),
    { minLength: 2, maxLength: 3 },
  );
  return fc.record({
    hosts,
    timing: fc.constantFrom(TIMING, { renewMs: 1000, durationMs: 15_000 }),
    untilMs: fc.constant(90_000),
    latencyMs: fc.constantFrom(10, 500, 4000),
    lossShare: fc.constantFrom(0, 0.05, 0.3),
    random: fc.integer().map(randomFrom),
    ...(without === undefined ? {} : { without: fc.constant(without) }),
  });
}

/** Clocks whose rates differ by at most 5 %. */
const TOLERABLE = fc.double({ min: 0.977, max: 1.023, noNaN: true });

async function neverTwoWriters(scripts: fc.Arbitrary<WorldScript>, numRuns: number) {
  return fc.check(
    fc.asyncProperty(scripts, async (script) => (await runWorld(script)).overlaps.length === 0),
    { numRuns },
  );
}

describe('two hosts never write at the same time', () => {
  test('whatever stands still, fails, comes late or runs at another rate', async () => {
    const { failed, counterexample } = await neverTwoWriters(arbitraryWorld(TOLERABLE), 400);
    expect(failed, JSON.stringify(counterexample)).toBe(false);
  }, 120_000);

  test('when an operator takes the prefix from a living host', async () => {
    const calm = arbitraryWorld(TOLERABLE).map((script) => ({
      ...script,
      lossShare: 0,
      latencyMs: 400,
      hosts: script.hosts.map((one, index) => ({
        ...host({ startMs: one.startMs, rate: one.rate }),
        word: { ...NO_WORD, takeOver: index > 0 },
      })),
    }));
    const { failed, counterexample } = await neverTwoWriters(calm, 300);
    expect(failed, JSON.stringify(counterexample)).toBe(false);
  }, 120_000);

  const plantedFaults: readonly [string, fc.Arbitrary<number>, WorldScript['without']][] = [
    ['clocks that differ by more than was assumed', fc.constantFrom(0.7, 1.3), undefined],
    ['a store that writes whatever the condition says', TOLERABLE, 'conditional writes'],
    ['a Litestream that nobody stops while its supervisor stands still', TOLERABLE, 'fuse'],
  ];
  test.for(plantedFaults)('the model finds %s', { timeout: 120_000 }, async ([, rates, without]) => {
    expect((await neverTwoWriters(arbitraryWorld(rates, without), 2000)).failed).toBe(true);
  });
});

describe('a successor', () => {
  test('is refused within a renewal while the holder lives', async () => {
    const { hosts } = await runWorld(
      world({ hosts: [host({}), host({ startMs: 20_000 })], untilMs: 27_000 }),
    );
    expect(hosts[1]).toMatchObject({ beganMs: [], end: 'DRILL_E_SUPERVISOR_LEASED' });
    expect(hosts[0]).toMatchObject({ fencedMs: [], end: 'runs' });
  });

  test('takes over from one that has died, once its lease must be over', async () => {
    const dead = host({ machineStops: [{ fromMs: 20_001, toMs: FOREVER }] });
    const { hosts, overlaps } = await runWorld(world({ hosts: [dead, host({ startMs: 21_000 })] }));
    expect(overlaps).toEqual([]);
    expect(hosts[1]?.beganMs[0]).toBeGreaterThan(21_000 + 16_500);
    expect(hosts[1]?.beganMs[0]).toBeLessThan(21_000 + 16_500 + 1600);
  });

  test.for([
    [
      'a restore has named the version it saw',
      (etag: string) => ({ ...NO_WORD, restored: { etag, seenAtMs: 20_500 } }),
    ],
    ['an operator has said so', () => ({ ...NO_WORD, takeOver: true })],
  ] as const)('waits for hardly more than a renewal when %s', async ([, wordOf]) => {
    const dead = host({ machineStops: [{ fromMs: 20_001, toMs: FOREVER }] });
    // Taken at 0, renewed four times.
    const next = host({ startMs: 24_000, word: wordOf('"4"') });
    const { hosts } = await runWorld(world({ hosts: [dead, next] }));
    expect(hosts[1]?.beganMs[0]).toBeGreaterThan(24_000);
    expect(hosts[1]?.beganMs[0]).toBeLessThan(24_000 + 7600);
  });

  test('with the word of a restore is refused when the holder has been renewing since', async () => {
    const next = host({
      startMs: 24_000,
      word: { ...NO_WORD, restored: { etag: '"3"', seenAtMs: 10_500 } },
    });
    const { hosts } = await runWorld(world({ hosts: [host({}), next] }));
    expect(hosts[1]).toMatchObject({ beganMs: [], end: 'DRILL_E_SUPERVISOR_LEASED' });
  });

  test('that takes over from a living holder begins only when that one must have stopped', async () => {
    const next = host({ startMs: 22_000, word: { ...NO_WORD, takeOver: true } });
    const { hosts, overlaps } = await runWorld(world({ hosts: [host({}), next] }));
    expect(overlaps).toEqual([]);
    expect(hosts[0]).toMatchObject({ fencedMs: [expect.any(Number)], end: 'lost to host-1' });
    expect(hosts[1]?.beganMs.length).toBe(1);
    expect(hosts[1]?.end).toBe('runs');
  });
});

describe('a directory that was replicated before', () => {
  // Somebody else took the lease at 0, as its first holder, and died or gave it back.
  const other = host({ machineStops: [{ fromMs: 20_001, toMs: FOREVER }] });

  test('is refused when somebody else has had the lease since: what was written there is not here', async () => {
    const stale = host({ startMs: 24_000, word: { ...NO_WORD, lastEpoch: 0 } });
    const { hosts } = await runWorld(world({ hosts: [other, stale] }));
    expect(hosts[1]).toMatchObject({ beganMs: [], end: 'DRILL_E_SUPERVISOR_STALE' });
  });

  test.for([
    ['nobody else has had it since', { ...NO_WORD, lastEpoch: 1 }],
    ['an operator takes it all the same', { ...NO_WORD, lastEpoch: 0, takeOver: true }],
    [
      'it was restored from what that one left',
      { ...NO_WORD, lastEpoch: 0, restored: { etag: '"4"', seenAtMs: 20_500 } },
    ],
  ] as const)('goes on where %s', async ([, word]) => {
    const { hosts } = await runWorld(world({ hosts: [other, host({ startMs: 24_000, word })] }));
    expect(hosts[1]).toMatchObject({ beganMs: [expect.any(Number)], end: 'runs' });
  });
});

describe('a holder', () => {
  test('is not touched by an outage that is shorter than its lease', async () => {
    const outages = [{ fromMs: 20_100, toMs: 28_500 }];
    const { hosts } = await runWorld(world({ hosts: [host({ outages })] }));
    expect(hosts[0]).toMatchObject({ fencedMs: [], end: 'runs' });
  });

  test('stops in a longer one before its lease is over, and goes on after it', async () => {
    const outages = [{ fromMs: 20_100, toMs: 50_000 }];
    const { hosts } = await runWorld(world({ hosts: [host({ outages })] }));
    expect(hosts[0]?.fencedMs[0]).toBeGreaterThan(20_000 + 13_400);
    expect(hosts[0]?.fencedMs[0]).toBeLessThan(20_000 + 14_100);
    expect(hosts[0]?.beganMs[1]).toBeLessThan(50_000 + 6500);
  });

  test('that comes back from standing still finds its Litestream stopped by the fuse, and who has the lease', async () => {
    const stopped = host({ supervisorStops: [{ fromMs: 20_001, toMs: 70_000 }] });
    const { hosts, overlaps } = await runWorld(world({ hosts: [stopped, host({ startMs: 30_000 })] }));
    expect(overlaps).toEqual([]);
    expect(hosts[0]?.fencedMs[0]).toBeLessThan(20_000 + 14_300);
    expect(hosts[0]?.end).toBe('lost to host-1');
  });
});

test('a holder that cannot renew says so once, as soon as it knows, and again after it could', async () => {
  const outages = [
    { fromMs: 20_000, toMs: 23_000 },
    { fromMs: 50_000, toMs: 53_000 },
  ];
  const { hosts } = await runWorld(
    world({ hosts: [host({ outages })], timing: { renewMs: 1000, durationMs: 15_000 } }),
  );
  const doubtedMs = hosts[0]?.doubtedMs ?? [];
  expect(doubtedMs).toHaveLength(2);
  for (const [index, { fromMs }] of outages.entries()) {
    expect(doubtedMs[index]).toBeGreaterThan(fromMs);
    expect(doubtedMs[index]).toBeLessThan(fromMs + 6000);
  }
});
