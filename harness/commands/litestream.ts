import { systemClock } from '../clock.ts';
import { DrillError } from '../errors.ts';
import { watchInterruption } from '../interruption.ts';
import { addLitestream } from '../litestream/add.ts';
import { cacheFolder, isCached } from '../litestream/cache.ts';
import { chooseLitestream, PACKAGED_VERSION } from '../litestream/choose.ts';
import { removeOwnFolders } from '../litestream/fetch-folder.ts';
import { surveyLitestreams, type Surveyed } from '../litestream/survey.ts';
import { parseVersion } from '../litestream/version.ts';
import { paint, printable } from '../report/screen.ts';
import { table } from '../report/table.ts';
import type { AddOptions, Io } from './options.ts';

/** What became of one version. */
interface Added {
  readonly version: string;
  readonly path: string;
  readonly sqlite: string;
  readonly sha256: string;
  /** null: it was here already. */
  readonly source: string | null;
  readonly checked: string | null;
}

/** `drill litestream add`: fetches versions into the cache. The first that cannot be had ends it. */
export async function addCommand(texts: readonly string[], options: AddOptions, io: Io): Promise<number> {
  assertSupportedMachine();
  const versions = new Set(texts.map(versionOf));
  const interruption = watchInterruption(() => removeOwnFolders(cacheFolder(io.env)));
  const added: Added[] = [];
  try {
    for (const version of versions) {
      const one = await add(version, options, io, interruption.signal);
      added.push(one);
      if (!options.json) io.stdout.write(`${describe(one)}\n`);
    }
  } catch (error) {
    const exit = interruption.exitCode();
    if (exit === null) throw error;
    throw new DrillError('DRILL_E_INTERRUPTED', {
      what: 'interrupted',
      why: exit === 130 ? 'Ctrl-C (SIGINT)' : 'SIGTERM',
      fix: 'nothing: all that was started has been ended, and nothing of the unfinished version was left',
      exit,
    });
  } finally {
    interruption.release();
  }
  if (options.json) io.stdout.write(`${JSON.stringify({ added }, null, 2)}\n`);
  return 0;
}

async function add(version: string, options: AddOptions, io: Io, signal: AbortSignal): Promise<Added> {
  if (!options.force && (isCached(version, io.env) || version === PACKAGED_VERSION)) {
    const { path, sqlite, sha256 } = await chooseLitestream(version, io.env);
    return { version, path, sqlite, sha256, source: null, checked: null };
  }
  const { source, checked } = await addLitestream({
    version,
    source: options.source,
    env: io.env,
    signal,
    wallIso: () => systemClock.wallIso(),
    onTry: (name) => io.stderr.write(`${version}: trying ${name}\n`),
  });
  const { path, sqlite, sha256 } = await chooseLitestream(version, io.env);
  return { version, path, sqlite, sha256, source, checked };
}

function describe({ version, path, sqlite, sha256, source, checked }: Added): string {
  const origin = source === null ? 'was here already' : `from ${source}`;
  return [
    `Litestream ${version} with SQLite ${sqlite}, ${origin}`,
    `  ${printable(path)}`,
    `  sha256 ${sha256}`,
    ...(checked === null ? [] : [`  checked by ${printable(checked)}`]),
  ].join('\n');
}

/** `drill litestream list`: what --litestream can be given on this machine. */
export async function listLitestreamsCommand({ json }: { readonly json: boolean }, io: Io): Promise<number> {
  const litestreams = await surveyLitestreams(io.env);
  if (json) {
    io.stdout.write(`${JSON.stringify({ folder: cacheFolder(io.env), litestreams }, null, 2)}\n`);
    return 0;
  }
  const columns = ['version', 'line', 'SQLite', 'WAL-reset bug', 'from', 'sha256', 'path'].map((title) => ({
    title,
    align: 'left' as const,
  }));
  const rows = litestreams.map(cells);
  const decorate = (cell: string, row: number, column: number): string =>
    column === BUG_COLUMN && litestreams[row]?.walResetBug === true
      ? paint(cell, 'yellow', io.stdout.colour)
      : cell;
  io.stdout.write(`${table(columns, rows, decorate).join('\n')}\n`);
  for (const { path, problem } of litestreams) {
    if (problem !== null) io.stdout.write(`${printable(path)}: ${printable(problem)}\n`);
  }
  io.stdout.write(`\nanother one: npm run drill -- litestream add VERSION (into ${cacheFolder(io.env)})\n`);
  return 0;
}

const BUG_COLUMN = 3;
const DIGEST_CHARACTERS = 12;

function cells({ version, line, sqlite, walResetBug, origin, source, sha256, path }: Surveyed): string[] {
  const bug = walResetBug === null ? 'unknown' : walResetBug ? 'yes' : 'no';
  return [
    version ?? '?',
    line ?? '?',
    sqlite ?? '?',
    bug,
    source ?? origin,
    sha256?.slice(0, DIGEST_CHARACTERS) ?? '?',
    path,
  ].map(printable);
}

function versionOf(text: string): string {
  const version = parseVersion(text);
  if (version !== null) return version;
  throw new DrillError('DRILL_E_USAGE', {
    what: `${text} is not a version of Litestream`,
    why: 'a version has three numbers, like 0.5.17',
    fix: 'npm run drill -- litestream add 0.5.17',
    exit: 2,
  });
}

function assertSupportedMachine(): void {
  const { platform, arch } = process;
  if ((platform === 'linux' || platform === 'darwin') && (arch === 'x64' || arch === 'arm64')) return;
  throw new DrillError('DRILL_E_LITESTREAM_FETCH', {
    what: `nothing is fetched for ${platform} on ${arch}`,
    why: 'Linux and macOS on x64 and arm64 are supported',
    fix: 'build a Litestream yourself, and give its path with --litestream',
    exit: 3,
  });
}
