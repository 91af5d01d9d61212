import { postWebhook } from '../notify/webhook.ts';
import { notificationBody } from '../report/notification.ts';
import type { Result } from '../result.ts';
import type { Io, NotifyOptions } from './options.ts';

/** Tells the webhook of a run that is no pass. Whatever becomes of it only warns: the exit code is the gate. */
export async function notify(result: Result, { url, format }: NotifyOptions, io: Io): Promise<void> {
  if (url === null || result.verdict === 'pass') return;
  const failure = await postWebhook(url, notificationBody(result, format));
  if (failure !== null) io.stderr.write(`warning: ${failure}\n`);
}
