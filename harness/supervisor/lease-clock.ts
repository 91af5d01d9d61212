import { execFileSync } from 'node:child_process';
import { openSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The clock that a lease is measured by. */
export interface LeaseClock {
  nowMs(): number;
  /** Ends at `signal` too. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Time since boot with the time that the machine was suspended: a laptop that sleeps must not wake up and believe its
 * lease. On Linux that is /proc/uptime; elsewhere the monotonic clock, which may stand still in a suspended machine.
 * Common to all processes of the machine.
 */
export function openLeaseClock(): LeaseClock {
  return {
    nowMs: bootTime() ?? (() => Number(process.hrtime.bigint() / 1_000_000n)),
    sleep: async (ms, signal) => {
      await sleep(Math.max(0, ms), undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    },
  };
}

/** Opened once: a clock that fails for want of a descriptor would be no clock. */
function bootTime(): (() => number) | null {
  try {
    const descriptor = openSync('/proc/uptime', 'r');
    const buffer = Buffer.alloc(64);
    return () =>
      Number(buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, 64, 0)).split(' ')[0]) * 1000;
  } catch {
    return null;
  }
}

/** One boot of one machine; null: the system does not say. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Not Linux.
  }
  try {
    return (
      execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim() || null
    );
  } catch {
    return null;
  }
}
