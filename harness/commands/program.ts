import { Command } from 'commander';
import { asStartedHere, toolVersion } from '../project.ts';
import { type Done, EXAMPLES, EXIT_CODES } from './flags.ts';
import type { Io } from './options.ts';
import { addRestore, addSupervise } from './production-flags.ts';
import { addQuestions } from './question-flags.ts';
import { addRun } from './run-flags.ts';
import { addCompare, addMerge, addSavedRuns } from './saved-run-flags.ts';
import { addInit, addLitestream, addTools } from './tool-flags.ts';

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
  addSupervise(program, io, done);
  addTools(program, io, done);
  addLitestream(program, io, done);
  addInit(program, io, done);
  const help = program.createHelp();
  const flags = help
    .visibleOptions(run)
    .map((flag) => `  ${flag.flags.padEnd(27)}  ${help.optionDescription(flag)}`);
  const optionsOfRun = `\nOptions of run, which may be left out before them:\n${flags.join('\n')}`;
  return program.addHelpText('after', optionsOfRun).addHelpText('after', EXIT_CODES);
}
