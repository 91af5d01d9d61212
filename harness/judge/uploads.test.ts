import { expect, it } from 'vitest';
import type { Evidence } from '../evidence.ts';
import { evidenceWith, KILL_US } from './green-evidence.ts';
import { judge } from './judge.ts';

/** A store without a log of requests: what listings can tell is judged, and what they cannot is said. */
function byListing(change: (evidence: Evidence) => void = () => undefined) {
  const evidence = evidenceWith((green) => {
    green.store = { kind: 'external', version: 'S3' };
    green.uploadWatch = 'listing';
    green.uploadWindows = [
      { fromUs: KILL_US + 1_100_000, toUs: KILL_US + 3_000_000 },
      { fromUs: KILL_US + 6_000_000, toUs: KILL_US + 8_500_000 },
    ];
    change(green);
  });
  const result = judge(evidence);
  const check = (id: string) => result.checks.find((one) => one.id === id);
  return { verdict: result.verdict, uploads: check('no-late-uploads'), cleanHost: check('clean-host') };
}

it('passes, and says for how long it looked and what it could not see', () => {
  const { verdict, uploads, cleanHost } = byListing();
  expect(verdict).toBe('pass');
  expect(uploads).toMatchObject({ verdict: 'pass', actual: 'nothing did, as far as listings tell' });
  expect(uploads?.detail).toContain('for 1.9 s and 2.5 s, from 1100 ms after the kill');
  expect(uploads?.detail).toContain("not told from the new host's own");
  expect(cleanHost).toMatchObject({ verdict: 'pass' });
  expect(cleanHost?.detail).toContain('whether each database was read from the bucket was not checked');
});

it('is red on a change in a window', () => {
  const { verdict, uploads } = byListing((evidence) => {
    evidence.lateUploads = [{ atUs: KILL_US + 3_000_000, method: 'PUT', key: 'prod/x' }];
  });
  expect(verdict).toBe('fail');
  expect(uploads?.actual).toBe('PUT prod/x, seen 3000 ms after the kill');
});

it.each([
  ['no window was closed', [], true],
  ['the second window was not', [{ fromUs: KILL_US + 1, toUs: KILL_US + 2 }], true],
  [
    'a window had no length',
    [
      { fromUs: KILL_US + 1, toUs: KILL_US + 1 },
      { fromUs: KILL_US + 3, toUs: KILL_US + 4 },
    ],
    true,
  ],
  ['a listing failed', undefined, false],
] as const)('is inconclusive when %s', (_, windows, complete) => {
  const { verdict, uploads } = byListing((evidence) => {
    if (windows !== undefined) evidence.uploadWindows = [...windows];
    evidence.requestLogComplete = complete;
  });
  expect(uploads?.verdict).toBe('inconclusive');
  expect(verdict).toBe('inconclusive');
});

it('wants one window only where no second host was started', () => {
  const { uploads } = byListing((evidence) => {
    evidence.scenario.secondLife = false;
    for (const database of evidence.databases) database.second = null;
    evidence.uploadWindows = [{ fromUs: KILL_US + 1, toUs: KILL_US + 2 }];
  });
  expect(uploads?.verdict).toBe('pass');
});
