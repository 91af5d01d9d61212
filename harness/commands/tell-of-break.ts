import type { Failure } from '../errors.ts';
import { redactedValue, secretsOf } from '../secrets.ts';
import {
  brokenRunAnnotation,
  brokenRunMarkdown,
  brokenRunNotification,
  brokenRunOutputs,
} from '../report/broken-run.ts';
import { appendForGithub } from './github.ts';
import { post } from './notify.ts';
import type { Io, NotifyOptions } from './options.ts';

/**
 * Tells the webhook and GitHub of a run or a merge that ended without a result: nobody may learn of it from silence. Like
 * a result, it is told without secrets, and what cannot be told only warns.
 */
export async function tellOfBreak(failure: Failure, notify: NotifyOptions, io: Io): Promise<void> {
  const broken = redactedValue(failure, secretsOf(io.env));
  appendForGithub(brokenRunAnnotation(broken), brokenRunMarkdown(broken), brokenRunOutputs(broken), io);
  await post(brokenRunNotification(broken, notify.format), notify, io);
}
