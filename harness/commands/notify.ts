import { postWebhook } from '../notify/webhook.ts';
import { notificationBody } from '../report/notification.ts';
import type { Result } from '../result.ts';
import type { Io, NotifyOptions } from './options.ts';

/** Tells the webhook of a run that is no pass. */
export async function notify(result: Result, options: NotifyOptions, io: Io): Promise<void> {
  if (result.verdict !== 'pass') await post(notificationBody(result, options.format), options, io);
}

/** Posts a text to the webhook, if there is one. Whatever becomes of it only warns: the exit code is the gate. */
export async function post(body: string, { url }: NotifyOptions, io: Io): Promise<void> {
  if (url === null) return;
  const failure = await postWebhook(url, body);
  if (failure !== null) io.stderr.write(`warning: ${failure}\n`);
}
