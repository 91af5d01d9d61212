import type { Command } from 'commander';
import { common, type Done, examples, json, outputDir } from './flags.ts';
import type { Io } from './options.ts';

export function addQuestions(program: Command, io: Io, done: Done): void {
  common(program.command('list').description('List the scenarios that there are.'))
    .addOption(outputDir())
    .addOption(json())
    .addHelpText('after', examples('list', 'list --json', 'list --output-dir=/var/lib/drill/reports'))
    .action(async (flags: { json: boolean; outputDir: string }) => {
      const { listCommand } = await import('./list.ts');
      done(await listCommand(flags, io));
    });
  common(
    program.command('validate').description('Check scenario files and start nothing; without a file all.'),
  )
    .argument('[file...]', 'Scenario files.')
    .addOption(json())
    .addHelpText('after', examples('validate', 'validate scenarios/mine.yaml', 'validate mine.yaml --json'))
    .action(async (files: string[], flags: { json: boolean }) => {
      const { validateCommand } = await import('./validate.ts');
      done(await validateCommand(files, flags, io));
    });
}
