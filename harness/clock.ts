/**
 * The monotonic instant in whole microseconds. CLOCK_MONOTONIC is common to all processes of a machine,
 * so instants of writers, store and harness can be compared. Microseconds stay exact in a double for 285 years of uptime.
 */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

export interface Clock {
  /** Monotonic instant, microseconds. All durations come from here. */
  nowUs(): number;
  /** Wall time, only ever a label. */
  wallIso(): string;
}

export const systemClock: Clock = {
  nowUs: monotonicUs,
  wallIso: () => new Date().toISOString(),
};

/** A monotonic instant on the wall clock: the one that stores and Litestream go by. Never later than it was, and up to 1 ms earlier. */
export function wallTimeOf(atUs: number, clock: Clock): Date {
  return new Date(Math.floor(atUs / 1000 + wallOffsetMs(clock)));
}

const READINGS = 5;

/** The wall clock minus the monotonic one, at most 1 ms too small. They go apart only when somebody sets the clock. */
export function wallOffsetMs(clock: Clock): number {
  // Whatever comes between two readings makes the difference smaller.
  const readings = Array.from({ length: READINGS }, () => Date.parse(clock.wallIso()) - clock.nowUs() / 1000);
  return Math.max(...readings);
}
