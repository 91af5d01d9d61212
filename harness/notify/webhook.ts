import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';

/** How long and how often a webhook is tried. */
export interface WebhookLimits {
  readonly timeoutMs: number;
  /** Pauses before the second attempt and the later ones: as many more attempts as there are. */
  readonly pausesMs: readonly number[];
}

const LIMITS: WebhookLimits = { timeoutMs: 5000, pausesMs: [1000, 3000] };

/**
 * Posts a JSON body. Answers what went wrong, null when it was taken. Never throws, and ends within its limits. The address
 * is a secret as a rule: only its host is ever named.
 */
export async function postWebhook(url: URL, body: string, limits = LIMITS): Promise<string | null> {
  let failure = '';
  for (const pauseMs of [0, ...limits.pausesMs]) {
    await sleep(pauseMs);
    const { problem, mayHelp } = await attempt(url, body, limits.timeoutMs);
    if (problem === null) return null;
    failure = problem;
    if (!mayHelp) break;
  }
  return `${url.host} did not take the notification: ${failure}`;
}

interface Attempt {
  readonly problem: string | null;
  /** Whether another attempt may end otherwise. */
  readonly mayHelp: boolean;
}

async function attempt(url: URL, body: string, timeoutMs: number): Promise<Attempt> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      // A redirect would carry the summary to somewhere that nobody named.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (response.ok) return { problem: null, mayHelp: false };
    const mayHelp = response.status === 429 || response.status >= 500;
    return { problem: `it answered ${response.status}`, mayHelp };
  } catch (error) {
    return { problem: reasonOf(error, url, timeoutMs), mayHelp: true };
  }
}

/** What fetch throws may quote the address, with the secret in it. */
function reasonOf(error: unknown, url: URL, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code === '' ? messageOf(cause).replaceAll(url.href, url.host) : code;
}
