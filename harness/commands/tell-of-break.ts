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

/** Whom to tell. */
export interface TellOptions extends NotifyOptions {
  readonly github: boolean;
}

/**
 * Tells the webhook and GitHub of a run or a merge that ended without a result: nobody may learn of it from silence. Like
 * a result, it is told without secrets, and what cannot be told only warns.
 */
export async function tellOfBreak(failure: Failure, tell: TellOptions, io: Io): Promise<void> {
  const broken = redactedValue(failure, secretsOf(io.env));
  if (tell.github) {
    appendForGithub(brokenRunAnnotation(broken), brokenRunMarkdown(broken), brokenRunOutputs(broken), io);
  }
  await post(brokenRunNotification(broken, tell.format), tell, io);
}
