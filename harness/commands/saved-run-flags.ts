import type { Command } from 'commander';
import { type Reporter, REPORTERS } from '../reporters.ts';
import {
  against,
  common,
  type Done,
  examples,
  json,
  type NotifyFlags,
  notifyOptions,
  option,
  outputDir,
  reporter,
  tolerance,
} from './flags.ts';
import {
  type BASELINES,
  type Io,
  notEmpty,
  oneOf,
  type PackOptions,
  REPORT_FORMATS,
  type ReportOptions,
  type VerifyPackOptions,
} from './options.ts';

export function addSavedRuns(program: Command, io: Io, done: Done): void {
  const run = 'Folder of a run, or its name in the output folder, like latest.';
  common(program.command('judge').description('Judge the evidence of a saved run again.'))
    .argument('<run>', run)
    .addOption(json())
    .addOption(outputDir())
    .addHelpText('after', examples('judge latest'))
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
    .addOption(
      option('--sign <key>', 'For the pack: SSH or minisign key to sign it with.').argParser(notEmpty),
    )
    .addHelpText(
      'after',
      examples(
        'report latest --format=markdown',
        'report latest --pack=evidence --statement=who.yaml --sign=$HOME/.ssh/id_ed25519',
      ),
    )
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
      .description('Check that an evidence pack is as it was made; exit code 1 when it is not.'),
  )
    .argument('<folder>', 'Folder of the pack.')
    .addOption(
      option('--allowed-signers <file>', 'Who may have signed, as ssh-keygen wants it.').argParser(notEmpty),
    )
    .addOption(option('--signer <identity>', 'The one of them who must have.').argParser(notEmpty))
    .addOption(
      option('--public-key <file>', 'Minisign public key of the one who must have.')
        .argParser(notEmpty)
        .conflicts(['allowedSigners', 'signer']),
    )
    .addOption(option('--history <file>', 'History that it must be a part of.').argParser(notEmpty))
    .addOption(json())
    .addHelpText('after', examples('verify-pack evidence --allowed-signers=signers --signer=ops@example.org'))
    .action(async (folder: string, flags: VerifyPackOptions) => {
      const { verifyPackCommand } = await import('./pack.ts');
      done(verifyPackCommand(folder, flags, io));
    });
}

export function addCompare(program: Command, io: Io, done: Done): void {
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
    .addHelpText('after', examples('compare RUN latest', 'compare before/ after/ --tolerance=10%'))
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
  readonly against?: (typeof BASELINES)[number];
  readonly tolerance: number;
  readonly reporter?: readonly Reporter[];
  readonly outputDir: string;
  readonly json: boolean;
};

export function addMerge(program: Command, io: Io, done: Done): void {
  const command = common(
    program
      .command('merge')
      .description('Make one run of the shards below a folder, and judge their evidence again: the gate.'),
  )
    .argument('<dir>', 'Folder with the run of every shard of one plan, at any depth.')
    .addOption(
      option('--allow-partial', 'Merge although shards are missing: inconclusive at best.').default(false),
    )
    .addOption(against())
    .addOption(tolerance())
    .addOption(outputDir())
    .addOption(reporter())
    .addOption(json())
    .addHelpText('after', examples('merge shards/ --against=last-pass --tolerance=25%'));
  for (const one of notifyOptions()) command.addOption(one);
  command.action(
    async (dir: string, { notify, notifyFormat, reporter: reporters = REPORTERS, ...flags }: MergeFlags) => {
      const { mergeCommand } = await import('./merge.ts');
      const hook = { url: notify ?? null, format: notifyFormat };
      done(
        await mergeCommand(dir, { ...flags, against: flags.against ?? null, reporters, notify: hook }, io),
      );
    },
  );
}
