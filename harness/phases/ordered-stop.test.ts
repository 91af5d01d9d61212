import { expect, test } from 'vitest';
import type { FaultRecord } from './host-scene.ts';
import { noteOrderedStop } from './ordered-stop.ts';

/** What is said of an end; null: that it was in good order. */
function blamed(exitCode: number | null, signal: string | null): string | null {
  let told: string | null = null;
  const recorder = { subjectFailed: (code: string, message: string) => (told = `${code}: ${message}`) };
  const record: FaultRecord = { id: 'ended', engaged: false, count: 0 };
  noteOrderedStop({ recorder } as unknown as Parameters<typeof noteOrderedStop>[0], record, {
    tookMs: 80,
    exitCode,
    signal,
  });
  expect(record.orderedStops).toEqual([{ tookMs: 80, exitCode, signal }]);
  return told;
}

test.each([
  [0, null],
  [143, null],
  [null, 'SIGTERM'],
  // It had not ended, which is another failure.
  [null, null],
])('exit code %s, signal %s is an end in good order', (exitCode, signal) => {
  expect(blamed(exitCode, signal)).toBeNull();
});

test.each([
  [1, null, 'exit code 1'],
  [137, null, 'exit code 137'],
  [null, 'SIGSEGV', 'SIGSEGV'],
])('exit code %s, signal %s is none', (exitCode, signal, how) => {
  expect(blamed(exitCode, signal)).toBe(`unclean-end: the supervisor ended with ${how} after SIGTERM`);
});
