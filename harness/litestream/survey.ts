import { delimiter } from 'node:path';
import { DrillError } from '../errors.ts';
import type { LitestreamLine } from './version.ts';
import { findLitestream, litestreamOnPath } from './binary.ts';
import { cachedProgram, cachedVersions, readRecord } from './cache.ts';
import { chooseLitestream } from './choose.ts';
import { hasWalResetBug } from './sqlite-range.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** One Litestream that this machine has. What could not be found out is null. */
export interface Surveyed {
  readonly origin: 'packaged' | 'cached' | 'PATH';
  readonly version: string | null;
  /** `0.3` or `0.5`: dialect and bucket layout are the line's. */
  readonly line: LitestreamLine | null;
  readonly sqlite: string | null;
  /** Whether the SQLite inside has the WAL-reset bug. */
  readonly walResetBug: boolean | null;
  readonly sha256: string | null;
  /** Of a fetched one, where it came from. */
  readonly source: string | null;
  readonly path: string;
  /** Why it cannot be used; null: it can. */
  readonly problem: string | null;
}

/** All that --litestream can be given here: the packaged one, the fetched ones, and what is on PATH. */
export async function surveyLitestreams(env: Env): Promise<Surveyed[]> {
  const surveyed = [
    await survey('packaged', 'npm install', () => findLitestream(null, env)),
    ...(await surveyCache(env)),
  ];
  for (const program of programsOnPath(env)) {
    if (surveyed.some(({ path }) => path === program)) continue;
    surveyed.push(await survey('PATH', program, () => findLitestream(program, env)));
  }
  return surveyed;
}

/** All, not the first alone: below `npm run` that is always the packaged one. */
function programsOnPath(env: Env): string[] {
  const found = (env['PATH'] ?? '').split(delimiter).map((folder) => litestreamOnPath({ PATH: folder }));
  return [...new Set(found.filter((program) => program !== null))];
}

/** The fetched ones alone. */
export async function surveyCache(env: Env): Promise<Surveyed[]> {
  const surveyed: Surveyed[] = [];
  for (const version of cachedVersions(env)) {
    const found = await survey('cached', cachedProgram(version, env), () => chooseLitestream(version, env));
    const source = found.problem === null ? (readRecord(version, env)?.source ?? null) : null;
    surveyed.push({ ...found, version, source });
  }
  return surveyed;
}

/** `place` stands for the path of one that cannot be asked. */
async function survey(
  origin: Surveyed['origin'],
  place: string,
  find: () => ReturnType<typeof findLitestream>,
): Promise<Surveyed> {
  try {
    const { version, line, sqlite, sha256, path } = await find();
    const isKnown = sqlite !== 'unknown';
    const walResetBug = isKnown ? hasWalResetBug(sqlite) : null;
    const facts = { version, line, sqlite: isKnown ? sqlite : null, walResetBug, sha256 };
    return { origin, ...facts, source: null, path, problem: null };
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    const nothing = { version: null, line: null, sqlite: null, walResetBug: null, sha256: null };
    return { origin, ...nothing, source: null, path: place, problem: `${error.what}: ${error.why}` };
  }
}
