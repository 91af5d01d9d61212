import type { Command, Option } from 'commander';
import { type Reporter, REPORTERS } from '../reporters.ts';
import { TIERS } from '../scenario/tiers.ts';
import {
  against,
  type Done,
  EXAMPLES,
  EXIT_CODES,
  json,
  noColour,
  type NotifyFlags,
  notifyOptions,
  option,
  outputDir,
  reporter,
  tolerance,
} from './flags.ts';
import {
  duration,
  type Io,
  notEmpty,
  oneOf,
  repeated,
  type RunOptions,
  shard,
  STORES,
  wholeNumber,
} from './options.ts';

export function addRun(program: Command, io: Io, done: Done): Command {
  const command = program
    .command('run')
    .description('Run drills; this is what happens without a command.')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .addOption(option('--scenario <id|file>', 'Drill this scenario; may be given again.').argParser(repeated))
    .addOption(
      option('--tier <tier>', 'Drill the scenarios of a tier: smoke, gate, nightly, soak.').argParser(
        oneOf(TIERS),
      ),
    )
    .addOption(option('--tag <tag>', 'Drill the scenarios with this tag.').argParser(notEmpty))
    .addOption(option('--except <id>', 'Leave this scenario out; may be given again.').argParser(repeated))
    .addOption(
      option(
        '--store <store>',
        'S3 service to use: minio (in a container, or a program on PATH), embedded, external (DRILL_S3_…), or auto.',
      )
        .default('auto')
        .env('DRILL_STORE')
        .argParser(oneOf(STORES)),
    )
    .addOption(
      option(
        '--litestream <version|path>',
        'Litestream under test: a version (see litestream list) or a program; without it the one that npm installed.',
      )
        .env('DRILL_LITESTREAM')
        .argParser(notEmpty),
    )
    .addOption(
      option(
        '--supervisor <command>',
        'Supervisor under test, run in the host folder; without it our own. A scenario that names one keeps it.',
      ).argParser(notEmpty),
    )
    .addOption(
      option(
        '--seed <number>',
        'Repeat plan, fleet content and kill instant of this seed; without it a new one.',
      ).argParser(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
    )
    .addOption(
      option('--repeat <times>', 'Run every drill this often.').default(1).argParser(wholeNumber(1, 1000)),
    )
    .addOption(
      option('--timeout <duration>', "Limit of one drill; without it the scenario's own.").argParser(
        duration,
      ),
    )
    .addOption(outputDir())
    .addOption(reporter())
    .addOption(json())
    .addOption(option('--dry-run', 'Validate and print the plan; start nothing.').default(false))
    .addOption(option('--keep', "Keep the hosts' folders and the bucket for a look inside.").default(false))
    .addOption(option('--bail', 'Stop after the first drill that does not pass.').default(false))
    .addOption(
      option('-q, --quiet', 'Show warnings and the result only.').default(false).conflicts('verbose'),
    )
    .addOption(option('--verbose', 'Show every step, and the stack of an unexpected error.').default(false))
    .addOption(noColour());
  for (const one of gateOptions()) command.addOption(one);
  return command.action(async (flags: RunFlags) => {
    const { runCommand } = await import('./run.ts');
    done(await runCommand(runOptions(flags), io));
  });
}

/** What makes a run a part of something larger. */
function gateOptions(): Option[] {
  return [
    option(
      '--shard <i/n>',
      'Run the i-th of n parts of the plan, as 2/5; auto or auto/5: the environment says which.',
    ).argParser(shard),
    against().conflicts('shard'),
    tolerance(),
    ...notifyOptions(),
  ];
}

/** What commander makes of the flags of run: an option without a default is left out. */
type RunFlags = Pick<
  RunOptions,
  'store' | 'repeat' | 'tolerance' | 'outputDir' | 'json' | 'dryRun' | 'keep' | 'bail' | 'quiet' | 'verbose'
> & {
  readonly scenario?: RunOptions['scenarios'];
  readonly except?: RunOptions['except'];
  readonly timeout?: number;
  readonly reporter?: readonly Reporter[];
} & NotifyFlags & {
    readonly [Name in
      | 'tier'
      | 'tag'
      | 'litestream'
      | 'supervisor'
      | 'seed'
      | 'shard'
      | 'against']?: RunOptions[Name];
  };

function runOptions({
  scenario,
  except = [],
  timeout,
  reporter: reporters = REPORTERS,
  notify,
  notifyFormat,
  ...flags
}: RunFlags): RunOptions {
  const hook = { url: notify ?? null, format: notifyFormat };
  const own = { tier: null, tag: null, litestream: null, supervisor: null, seed: null };
  const absent = { ...own, shard: null, against: null };
  return {
    ...absent,
    ...flags,
    scenarios: scenario ?? [],
    except,
    timeoutMs: timeout ?? null,
    reporters,
    notify: hook,
  };
}
