import type { Screen } from '../report/screen.ts';
import type { Io } from './options.ts';

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Width of a page that goes to a file or a pipe. */
const DEFAULT_COLUMNS = 100;

/** The streams of this process, with colour and motion decided once and for all. */
export function openIo(
  streams: { readonly stdout: Stream; readonly stderr: Stream },
  env: NodeJS.ProcessEnv,
  noColour: boolean,
): Io {
  return {
    stdout: openScreen(streams.stdout, env, noColour),
    stderr: openScreen(streams.stderr, env, noColour),
    env,
  };
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
