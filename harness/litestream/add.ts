import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import { findLitestream } from './binary.ts';
import { cachedProgram, type FetchRecord, isCached, recordFile } from './cache.ts';
import { FETCH_LIMITS, type FetchLimits, type Fetcher, FETCHERS, type FetchSource } from './fetch.ts';
import { fetchFolder, openCache } from './fetch-folder.ts';
import { FetchProblem } from './tool.ts';

export interface AddOrder {
  readonly version: string;
  /** null: one after the other, until one gives it. */
  readonly source: FetchSource | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly wallIso: () => string;
  /** Told before every try, which may take minutes. */
  readonly onTry: (name: string) => void;
  readonly fetchers?: readonly Fetcher[];
  readonly limits?: FetchLimits;
}

/**
 * Fetches one version of Litestream into the cache. The program must say of itself that it is that version, and appears
 * in its place whole or not at all. When no source gives it, one error has the problem of each.
 */
export async function addLitestream(order: AddOrder): Promise<FetchRecord> {
  const fetchers = (order.fetchers ?? FETCHERS).filter(
    ({ source }) => order.source === null || source === order.source,
  );
  const cache = openCache(order.env);
  const problems: string[] = [];
  for (const fetcher of fetchers) {
    order.onTry(fetcher.name);
    using work = fetchFolder(cache);
    try {
      return await fetchWith(fetcher, order, work.path);
    } catch (error) {
      order.signal.throwIfAborted();
      if (!(error instanceof FetchProblem)) throw error;
      problems.push(`${fetcher.name}: ${error.message}`);
    }
  }
  throw new DrillError('DRILL_E_LITESTREAM_FETCH', {
    what: `Litestream ${order.version} could not be fetched`,
    details: problems,
    why: 'no source that was tried gave it',
    fix: `see whether ${order.version} exists and what keeps the sources away, or put a program of yours at ${cachedProgram(order.version, order.env)}`,
    exit: 3,
  });
}

async function fetchWith(fetcher: Fetcher, order: AddOrder, work: string): Promise<FetchRecord> {
  const { version, env, signal, limits = FETCH_LIMITS } = order;
  const { program, checked } = await fetcher.fetch({ version, folder: work, env, signal, limits });
  const sha256 = await proveVersion(program, version, env);
  const record = { version, sha256, source: fetcher.name, checked, fetchedAt: order.wallIso() };
  await place(program, record, env);
  return record;
}

/** The digest of a program that says of itself that it is this version. */
async function proveVersion(program: string, version: string, env: AddOrder['env']): Promise<string> {
  try {
    await chmod(program, 0o755);
    const found = await findLitestream(program, env);
    if (found.version === version) return found.sha256;
    throw new FetchProblem(`what it gave answers \`version\` with ${found.version}`);
  } catch (error) {
    if (error instanceof FetchProblem) throw error;
    const why = error instanceof DrillError ? error.why : messageOf(error);
    throw new FetchProblem(`what it gave does not run here: ${why}`, { cause: error });
  }
}

/** The program last: it is what makes a version count as there. A running drill keeps the one that it has started. */
async function place(program: string, record: FetchRecord, env: AddOrder['env']): Promise<void> {
  const [target, note] = [cachedProgram(record.version, env), recordFile(record.version, env)];
  const draft = path.join(path.dirname(program), 'fetched.json');
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await mkdir(path.dirname(target), { recursive: true });
  try {
    await rename(draft, note);
    await rename(program, target);
  } catch (error) {
    if (!isCached(record.version, env)) await rm(path.dirname(target), { recursive: true, force: true });
    throw error;
  }
}
