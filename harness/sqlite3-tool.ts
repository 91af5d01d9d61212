import { execFileSync } from 'node:child_process';
import { compareVersions } from './litestream/version.ts';

/** Stands in the environment for a version where there is no tool to ask. */
export const NO_SQLITE3 = 'not installed';

/**
 * An older one cannot parse a generated column, and calls the schema of a sound file malformed
 * (https://www.sqlite.org/gencol.html, Compatibility).
 */
export const OLDEST_SQLITE3 = '3.31.0';

/** Version of the `sqlite3` command-line tool on PATH; null without it, or where its word on a file is worth nothing. */
export function findSqlite3(tool = 'sqlite3'): string | null {
  try {
    const answer = execFileSync(tool, ['--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: 'pipe',
    });
    const version = answer.split(' ', 1)[0] ?? '';
    return compareVersions(version, OLDEST_SQLITE3) >= 0 ? version : null;
  } catch {
    return null; // not installed, or not one that can be asked
  }
}
