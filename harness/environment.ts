import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import Database from 'better-sqlite3';
import { ciEnvironment, commitOf } from './ci-environment.ts';
import type { Evidence } from './evidence.ts';
import { CHECKOUT } from './project.ts';

/** What the machine is, for the report: a figure from a laptop is not a figure from production. And who started it on what. */
export function describeEnvironment(env: NodeJS.ProcessEnv): Evidence['environment'] {
  const harnessCommit = CHECKOUT === null ? null : commitOf(CHECKOUT, env);
  const db = new Database(':memory:');
  try {
    return {
      platform: platform(),
      release: release(),
      arch: arch(),
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      node: process.version,
      sqlite: String(db.prepare('SELECT sqlite_version()').pluck().get()),
      sqlite3: findSqlite3() ?? NO_SQLITE3,
      ci: env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false',
      ...(harnessCommit === null ? {} : { harnessCommit }),
      ...ciEnvironment(env),
    };
  } finally {
    db.close();
  }
}

/** Stands in the environment for a version where the tool is not installed. */
export const NO_SQLITE3 = 'not installed';

/** Version of the `sqlite3` command-line tool on PATH, null without it. */
export function findSqlite3(): string | null {
  try {
    const answer = execFileSync('sqlite3', ['--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: 'pipe',
    });
    return answer.split(' ', 1)[0] ?? null;
  } catch {
    return null; // not installed, or not one that can be asked
  }
}
