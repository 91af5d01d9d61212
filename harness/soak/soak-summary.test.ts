import { expect, it } from 'vitest';
import { soakSummary } from './soak-summary.ts';

const GREEN = {
  seed: 8,
  litestream: '0.3.13',
  verdict: 'pass',
  reason: 'every check held',
  rpoMs: 1200,
  writes: 1000,
};

it('counts each version, and names every drill that was not green, with its seed', () => {
  const summary = soakSummary(
    [
      GREEN,
      {
        ...GREEN,
        seed: 7,
        litestream: '0.5.17',
        verdict: 'fail',
        reason: '1 check failed:\ncontent',
        rpoMs: 9000,
      },
      { ...GREEN, seed: 9, litestream: '0.5.17', rpoMs: 300 },
    ],
    { firstSeed: 7, store: 'embedded', jobs: 2 },
  );
  expect(summary).toContain('3 drills, seeds 7 to 9, embedded store, 2 at a time');
  expect(summary).toContain('| 0.3.13 | 1 of 1 | 1,000 | 1.2 s |');
  expect(summary).toContain('| 0.5.17 | 1 of 2 | 2,000 | 300 ms |');
  expect(summary).toContain('- seed 7, Litestream 0.5.17: fail: 1 check failed: content');
});

it('says so where all were green', () => {
  expect(soakSummary([GREEN], { firstSeed: 8, store: 'embedded', jobs: 1 })).toContain(
    'None was anything but green.',
  );
});
