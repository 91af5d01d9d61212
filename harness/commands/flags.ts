import path from 'node:path';
import { type Command, Option } from 'commander';
import { REPORTS_DIR } from '../project.ts';
import { REPORTERS } from '../reporters.ts';
import {
  BASELINES,
  NOTIFY_FORMATS,
  type NotifyOptions,
  notEmpty,
  oneOf,
  percent,
  someOf,
  webhookUrl,
} from './options.ts';

/** Hands the exit code of a finished command back. */
export type Done = (exitCode: number) => void;

export const EXIT_CODES = `
Exit codes:
  0          every drill passed
  1          a drill failed: an objective broken, data lost or damaged, a negative control not caught
  2          wrong usage, scenario or config; nothing was started
  3          inconclusive: the environment or the harness failed, or nothing was measured
  4          a bug in the harness
  130, 143   interrupted, after cleaning up
`;

export const EXAMPLES = `Examples:
  npm run drill -- --scenario=many-realms           a fleet dies under load and comes back
  npm run drill -- --tier=gate --json               all drills of a release gate, as JSON
  npm run drill -- --scenario=smoke --seed=42       the same drill again
  npm run drill -- judge latest                     the last run's evidence, judged again
`;

/** What the help of a command ends with: how it is called, each with what it does. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  npm run drill -- ${line}\n`).join('')}`;
}

/** What every command but run has beside its own options. */
export function common(command: Command): Command {
  return command
    .addOption(option('--verbose', 'Show the stack of an unexpected error.').default(false))
    .addOption(noColour());
}

export function option(flags: string, description: string): Option {
  return new Option(flags, description);
}

export function json(): Option {
  return option('--json', 'Print one JSON document on stdout and nothing else.').default(false);
}

export function noColour(): Option {
  return option('--no-color', 'Neither colour nor a moving line; NO_COLOR does the former too.');
}

export function tolerance(): Option {
  return option('--tolerance <percent>', 'How much worse a figure may be, as 25%.')
    .default(0.25, '25%')
    .argParser(percent);
}

export function against(): Option {
  return option(
    '--against <what>',
    'Fail when a figure is worse than in the last-pass of the history.',
  ).argParser(oneOf(BASELINES));
}

export function reporter(): Option {
  return option(
    '--reporter <names>',
    `Reports to make, with commas between them; without it all: ${REPORTERS.join(', ')}.`,
  ).argParser(someOf(REPORTERS));
}

export function outputDir(): Option {
  return option('--output-dir <dir>', 'Folder of the runs.')
    .default(REPORTS_DIR, 'reports')
    .argParser((text: string) => path.resolve(notEmpty(text)));
}

export function notifyOptions(): Option[] {
  return [
    option('--notify <url>', 'Webhook that is told of a run that is no pass.')
      .env('DRILL_NOTIFY_URL')
      .argParser(webhookUrl),
    option('--notify-format <form>', 'What it is told: json, or slack for a text.')
      .default('json')
      .argParser(oneOf(NOTIFY_FORMATS)),
  ];
}

export interface NotifyFlags {
  readonly notify?: URL;
  readonly notifyFormat: NotifyOptions['format'];
}
