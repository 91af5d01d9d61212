#!/usr/bin/env node
import './node-version.mjs';
import { type Command, CommanderError } from 'commander';
import type { NotifyFlags } from './commands/flags.ts';
import type { Io } from './commands/options.ts';
import { buildProgram } from './commands/program.ts';
import { applyRc } from './commands/rc.ts';
import { describeCompletion } from './commands/tool-flags.ts';
import type { TellOptions } from './commands/tell-of-break.ts';
import { openIo } from './commands/terminal.ts';
import { suggestion } from './did-you-mean.ts';
import { describeError, DrillError, type Failure, failureOf, foreseen } from './errors.ts';
import type { Reporter } from './reporters.ts';
import { asStartedHere } from './project.ts';
import { redactedValue, secretsOf } from './secrets.ts';

/** Arguments to a command to an exit code. */
async function main(argv: readonly string[], io: Io): Promise<number> {
  let flags: readonly string[] = [];
  let hook: TellOptions | null = null;
  try {
    let exitCode = 4;
    const program = buildProgram(io, (code) => {
      exitCode = code;
    });
    await applyRc(program, process.cwd());
    forgetEmptyVariables(program);
    const asksForHelp = argv[0] === 'completion' && argv.some((word) => ['-h', '--help'].includes(word));
    if (!asksForHelp && (argv[0] === 'completion' || argv[0] === 'complete')) {
      exitCode = 0;
      await (await import('./commands/completion.ts')).addCompletion(program, io.stdout);
    } else describeCompletion(program);
    const names = [...program.commands.map((command) => command.name()), 'help'];
    flags = flagsOf(program);
    program.hook('preAction', (_, command) => {
      hook = hookOf(command);
    });
    await Promise.race([program.parseAsync(withCommand(argv, names), { from: 'user' }), crash.promise]);
    return exitCode;
  } catch (error) {
    // Help and version end the parsing too.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure = report(error instanceof CommanderError ? usageError(error, flags) : error, argv, io);
    if (hook !== null) await (await import('./commands/tell-of-break.ts')).tellOfBreak(failure, hook, io);
    return failure.exitCode;
  }
}

type GateFlags = Partial<NotifyFlags> & {
  readonly reporter?: readonly Reporter[];
  readonly dryRun?: boolean;
};

/** Where a command that is a gate is to tell that it is no pass; null: another command, or one that runs nothing. */
function hookOf(command: Command): TellOptions | null {
  const { notify, notifyFormat, reporter, dryRun } = command.opts<GateFlags>();
  if (notifyFormat === undefined || dryRun === true) return null;
  return { url: notify ?? null, format: notifyFormat, github: reporter?.includes('github') ?? true };
}

/** A secret that nobody has set is an empty variable in CI, and none to us. */
function forgetEmptyVariables({ options, commands }: Command): void {
  for (const { envVar } of options) {
    if (envVar !== undefined && process.env[envVar] === '') delete process.env[envVar];
  }
  commands.forEach(forgetEmptyVariables);
}

/** Every flag of every command, however deep. */
function flagsOf({ options, commands }: Command): string[] {
  return [...options.map(({ long }) => long ?? ''), ...commands.flatMap(flagsOf)];
}

/** `npm run drill -- --scenario=smoke` is `drill run --scenario=smoke`; a first word must be a command. */
function withCommand(argv: readonly string[], names: readonly string[]): string[] {
  const [first] = argv;
  if (first === undefined) return ['run'];
  if (['-h', '--help', '-V', '--version'].includes(first)) return [...argv];
  if (first.startsWith('-')) return ['run', ...argv];
  if (names.includes(first)) return [...argv];
  throw new DrillError('DRILL_E_USAGE', {
    what: `there is no command ${first}${suggestion(first, names)}`,
    why: `commands are ${names.join(', ')}`,
    fix: `to drill a scenario of that name: npm run drill -- --scenario=${first}`,
    exit: 2,
  });
}

/** Every error ends here: in words on stderr, with --json as one document on stdout, never as a bare stack. */
function report(thrown: unknown, argv: readonly string[], io: Io): Failure {
  const failure = failureOf(thrown);
  const { exitCode, code, what, why, details } = failure;
  const fix = asStartedHere(failure.fix);
  if (argv.includes('--json')) {
    // In words it goes to stderr, which loses them by itself.
    const error = redactedValue({ code, what, why, fix, details }, secretsOf(io.env));
    const document = { error, exitCode };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  const known = foreseen(thrown);
  io.stderr.write(
    `${known === null ? `[${code}] ${what}\n  why: ${why}\n  do:  ${fix}` : asStartedHere(describeError(known))}\n`,
  );
  if (argv.includes('--verbose') && known === null && thrown instanceof Error) {
    io.stderr.write(`${thrown.stack}\n`);
  }
  return failure;
}

/** `flags`: all that there are. Commander compares `--scenrio=smoke` whole, and then finds nothing near it. */
function usageError(error: CommanderError, flags: readonly string[]): DrillError {
  if (error.code === 'commander.help') {
    return new DrillError('DRILL_E_USAGE', {
      what: 'this command needs another one after it',
      why: 'alone it does nothing',
      fix: 'see what there is: the same with --help',
      exit: 2,
    });
  }
  const [what = ''] = error.message.replace(/^error: /, '').split('\n');
  const unknown = /^unknown option '(--?[^'=]+)/.exec(what)?.[1];
  return new DrillError('DRILL_E_USAGE', {
    what: unknown === undefined ? what : `${what}${suggestion(unknown, flags)}`,
    why: 'nothing is guessed, so nothing was started',
    fix: 'see npm run drill -- --help',
    exit: 2,
  });
}

/** Whatever still holds the process open when a command is done is not waited for longer than this. */
const LINGER_MS = 2000;

const argv = process.argv.slice(2);
const io = openIo(process, process.env, argv.includes('--no-color'));
// An error that nobody awaited ends the command as if it had thrown it; one after its end is told by itself.
const crash = Promise.withResolvers<never>();
let hasEnded = false;
let hasCrashed = false;
crash.promise.catch(() => {
  hasCrashed = true;
});
process.on('uncaughtException', (error) => {
  if (hasEnded) process.exit(report(error, argv, io).exitCode);
  crash.reject(error);
});
// The reader of a pipe may leave early (`drill list | head -1`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main(argv, io);
hasEnded = true;
if (hasCrashed) process.exit();
setTimeout(() => process.exit(), LINGER_MS).unref();
