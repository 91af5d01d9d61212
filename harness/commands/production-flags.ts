import path from 'node:path';
import type { Command } from 'commander';
import { BUCKET_LAYOUTS } from '../recovery/bucket-places.ts';
import { common, type Done, examples, option } from './flags.ts';
import { duration, instant, type Io, notEmpty, oneOf, parallelism, type RestoreOptions } from './options.ts';

export function addRestore(program: Command, io: Io, done: Done): void {
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
    .addHelpText('after', examples('restore --bucket=my-backups --prefix=prod --output-dir=./data'))
    .action(async (flags: RestoreOptions) => {
      const { restoreCommand } = await import('./restore.ts');
      done(await restoreCommand(flags, io));
    });
}

export function addSupervise(program: Command, io: Io, done: Done): void {
  common(program.command('supervise').description('Keep the databases of a RustBaas host replicated.'))
    .addOption(
      option('--config <file>', 'rustbase.toml of the host.').default('rustbase.toml').argParser(notEmpty),
    )
    .addOption(
      option(
        '--litestream <version|path>',
        'Litestream to run; without it the first on PATH, else the packaged one.',
      ).argParser(notEmpty),
    )
    .addOption(
      option('--take-over', 'Take the prefix from the host that replicates to it now.').default(false),
    )
    .addHelpText(
      'after',
      examples(
        'supervise --config=/etc/rustbase.toml',
        'supervise --litestream=0.5.17',
        'supervise --config=/etc/rustbase.toml --take-over',
      ),
    )
    .action(async (flags: { config: string; litestream?: string; takeOver: boolean }) => {
      const { supervise } = await import('./supervise.ts');
      done(await supervise({ ...flags, env: io.env }));
    });
}
