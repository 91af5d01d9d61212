import { spawn } from 'node:child_process';
import { ownProgram } from '../litestream/own-program.ts';
import { type Result, resultSchema } from '../result.ts';

const CLI = ownProgram('../cli.ts', import.meta.url);

/** What of `drill run` a test may set; what is left out is as it is on the command line. */
export interface DrillOptions {
  readonly store?: 'auto' | 'minio' | 'embedded' | 'external';
  readonly litestream?: string;
  readonly supervisor?: string;
  readonly seed?: number;
  /** Folder of the runs. */
  readonly outputDir?: string;
  /** Limit of one drill, like `5m`; without it the scenario's own. */
  readonly timeout?: string;
  /** Ends the drill, which cleans up first. */
  readonly signal?: AbortSignal;
}

/** More than any summary on stderr has. */
const LARGEST_OUTPUT = 64 * 1024 * 1024;
const TAIL_CHARACTERS = 4000;

/**
 * Runs the drills of one scenario, by its id or file, in a process of its own. Resolves with the result whatever the
 * verdict is, and rejects when there is none: wrong usage, an interruption, a bug.
 */
export async function runDrill(scenario: string, options: DrillOptions = {}): Promise<Result> {
  const { code, stdout, stderr } = await start(argumentsOf(scenario, options), options.signal);
  const result = resultIn(stdout);
  if (result === null)
    throw new Error(
      `drill ${scenario} has no result (exit code ${code}):\n${stderr.slice(-TAIL_CHARACTERS)}`,
    );
  // The exit code and the document are two witnesses of one verdict.
  if (result.exitCode !== code) {
    throw new Error(`drill ${scenario} ended with exit code ${code}, and its result says ${result.exitCode}`);
  }
  return result;
}

function argumentsOf(scenario: string, options: DrillOptions): string[] {
  const { store, litestream, supervisor, seed, outputDir, timeout } = options;
  const flags = {
    '--store': store,
    '--litestream': litestream,
    '--supervisor': supervisor,
    '--seed': seed,
    '--output-dir': outputDir,
    '--timeout': timeout,
  };
  return [
    'run',
    `--scenario=${scenario}`,
    '--json',
    '--no-color',
    ...Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`${flag}=${value}`])),
  ];
}

function start(args: readonly string[], signal: AbortSignal | undefined) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  const interrupt = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', interrupt, { once: true });
  if (signal?.aborted === true) interrupt();
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdout.length < LARGEST_OUTPUT) stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-2 * TAIL_CHARACTERS);
  });
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', interrupt);
      resolve({ code, stdout, stderr });
    });
  });
}

function resultIn(stdout: string): Result | null {
  try {
    const parsed = resultSchema.safeParse(JSON.parse(stdout));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // what is no document is no result
  }
}
