import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { DrillError, messageOf } from '../errors.ts';
import { LITESTREAM_DIR } from '../project.ts';
import { compareVersions, parseVersion } from './version.ts';

type Env = Readonly<Record<string, string | undefined>>;

const recordSchema = z.object({
  version: z.string(),
  /** Of the program, to tell later that it is still the one that was fetched. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  source: z.string(),
  /** What its checksum was compared with. */
  checked: z.string(),
  fetchedAt: z.string(),
});

/** What is written beside a fetched program. */
export type FetchRecord = z.infer<typeof recordSchema>;

/** Where fetched versions lie: `DRILL_LITESTREAM_DIR`, or a folder of the project that git ignores. */
export function cacheFolder(env: Env): string {
  const named = env['DRILL_LITESTREAM_DIR'] ?? '';
  return named === '' ? LITESTREAM_DIR : path.resolve(named);
}

/** The program of a version, whether it is there or not. */
export function cachedProgram(version: string, env: Env): string {
  return path.join(cacheFolder(env), version, 'litestream');
}

/** The file beside it that says where it came from. */
export function recordFile(version: string, env: Env): string {
  return path.join(cacheFolder(env), version, 'fetched.json');
}

/** The versions whose program is there, oldest first. */
export function cachedVersions(env: Env): string[] {
  const folder = cacheFolder(env);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => parseVersion(name) === name && isCached(name, env))
    .toSorted(compareVersions);
}

export function isCached(version: string, env: Env): boolean {
  return existsSync(cachedProgram(version, env));
}

/** What was noted when a version was fetched; null for a program that was put there by hand. */
export function readRecord(version: string, env: Env): FetchRecord | null {
  const file = recordFile(version, env);
  if (!existsSync(file)) return null;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new DrillError('DRILL_E_LITESTREAM_MISSING', {
      what: `what was noted about the fetched Litestream ${version} cannot be read`,
      why: `${file}: ${messageOf(error).split('\n')[0]}`,
      fix: `npm run drill -- litestream add ${version} --force`,
      exit: 2,
      cause: error,
    });
  }
}
