import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicUs } from './clock.ts';

/**
 * Asks again and again until `probe` answers something else than null, at most `timeoutMs` long. Returns null when
 * the time is over. The one waiting loop of the harness; `signal` ends it at once.
 */
export async function waitFor<T>(
  probe: () => Promise<T | null> | T | null,
  options: { readonly timeoutMs: number; readonly everyMs: number; readonly signal: AbortSignal },
): Promise<T | null> {
  const endUs = monotonicUs() + options.timeoutMs * 1000;
  for (;;) {
    options.signal.throwIfAborted();
    const answer = await probe();
    if (answer !== null) return answer;
    const leftMs = (endUs - monotonicUs()) / 1000;
    if (leftMs <= 0) return null;
    await sleep(Math.min(options.everyMs, leftMs), undefined, { signal: options.signal });
  }
}
