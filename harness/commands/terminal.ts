import { fstatSync } from 'node:fs';
import { githubMasks } from '../report/github.ts';
import type { Screen } from '../report/screen.ts';
import { redacted, secretsOf } from '../secrets.ts';
import type { Io } from './options.ts';

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly fd?: number;
}

/** Width of a page that goes to a file or a pipe. */
const DEFAULT_COLUMNS = 100;

/**
 * The streams of this process, with colour and motion decided once and for all. What goes to stderr, which CI keeps and
 * shows to many, loses the secrets of the environment: a title or a message may carry one. Results have lost them already.
 */
export function openIo(
  streams: { readonly stdout: Stream; readonly stderr: Stream },
  env: NodeJS.ProcessEnv,
  noColour: boolean,
): Io {
  return {
    stdout: openScreen(streams.stdout, env, noColour),
    stderr: openScreen(withoutSecrets(streams.stderr, env), env, noColour),
    env,
  };
}

function withoutSecrets(stream: Stream, env: NodeJS.ProcessEnv): Stream {
  const secrets = secretsOf(env);
  if (secrets.length === 0) return stream;
  let masks = isGithub(env) && !isFile(stream) ? githubMasks(secrets) : '';
  return {
    write: (text) => {
      // Before the first line, and not before that: a command that says nothing goes on saying nothing.
      if (masks !== '') stream.write(masks);
      masks = '';
      return stream.write(redacted(text, secrets));
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
  };
}

/** What is redirected to a file is read by nobody who would take a mask for what it is. */
function isFile({ fd }: Stream): boolean {
  return fd !== undefined && fstatSync(fd).isFile();
}

/** Whether this runs in a step of GitHub Actions. */
export function isGithub(env: NodeJS.ProcessEnv): boolean {
  return env['GITHUB_ACTIONS'] === 'true';
}

function openScreen(stream: Stream, env: NodeJS.ProcessEnv, noColour: boolean): Screen {
  const isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb';
  const isForced = isSet(env['FORCE_COLOR']) && env['FORCE_COLOR'] !== '0';
  return {
    write: (text) => void stream.write(text),
    // Read at each use: a terminal may be resized.
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    // NO_COLOR counts only when it is not empty (no-color.org).
    colour: !noColour && !isSet(env['NO_COLOR']) && (isForced || isTerminal),
    motion: isTerminal && !noColour && !isSet(env['CI']),
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
