import { cell, code } from './markdown.ts';
import { githubOutputs, message, property } from './github.ts';
import { type NotificationFormat, slackText } from './notification.ts';

/** A run or a merge that ended before it had a result: what is said of the error that ended it. */
export interface BrokenRun {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly details: readonly string[];
  readonly exitCode: number;
}

const LONGEST_REASON = 500;
const MOST_DETAILS = 20;

/** The body of a notification, with the fields that one of a result has as far as they are known. */
export function brokenRunNotification(broken: BrokenRun, format: NotificationFormat): string {
  const { exitCode, what, why, fix } = broken;
  const [verdict, reason] = [verdictOf(broken), reasonOf(broken).slice(0, LONGEST_REASON)];
  if (format === 'json') {
    const error = { code: broken.code, what, why, fix };
    return JSON.stringify({ verdict, exitCode, reason, error, drills: [], moreDrills: 0 });
  }
  const lines = [
    `*Disaster-recovery drill: ${verdict}* (exit code ${exitCode})`,
    slackText(reason),
    `Do: ${slackText(fix)}`,
  ];
  return JSON.stringify({ text: lines.join('\n') });
}

/** One annotation for GitHub Actions. */
export function brokenRunAnnotation(broken: BrokenRun): string {
  const verdict = verdictOf(broken);
  const level = verdict === 'fail' ? 'error' : 'warning';
  return `::${level} title=${property(`drill: ${verdict}`)}::${message(reasonOf(broken))}\n`;
}

/** The job summary, as Markdown. */
export function brokenRunMarkdown(broken: BrokenRun): string {
  return [
    `## ${verdictOf(broken)}`,
    '',
    `${code(broken.code)} ${cell(broken.what)}`,
    '',
    ...broken.details.slice(0, MOST_DETAILS).map((line) => `- ${cell(line)}`),
    `- why: ${cell(broken.why)}`,
    `- do: ${cell(broken.fix)}`,
    '',
  ].join('\n');
}

/** Lines for `$GITHUB_OUTPUT`. There is no report, and a step that reads its path must not find an older one. */
export function brokenRunOutputs(broken: BrokenRun): string {
  return githubOutputs({ verdict: verdictOf(broken), exitCode: broken.exitCode }, '');
}

function verdictOf({ exitCode }: BrokenRun): 'fail' | 'inconclusive' {
  return exitCode === 1 ? 'fail' : 'inconclusive';
}

function reasonOf({ code, what, why }: BrokenRun): string {
  return `[${code}] ${what}: ${why}`;
}
