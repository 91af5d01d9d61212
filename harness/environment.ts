import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from 'node:os';
import Database from 'better-sqlite3';
import { ciEnvironment, commitOf } from './ci-environment.ts';
import type { Evidence } from './evidence.ts';
import { operatingSystem } from './operating-system.ts';
import { CHECKOUT } from './project.ts';
import { findSqlite3, NO_SQLITE3 } from './sqlite3-tool.ts';

/** What the machine is, for the report: a figure from a laptop is not a figure from production. And who started it on what. */
export function describeEnvironment(env: NodeJS.ProcessEnv): Evidence['environment'] {
  const harnessCommit = CHECKOUT === null ? null : commitOf(CHECKOUT, env);
  const os = operatingSystem();
  const db = new Database(':memory:');
  try {
    return {
      hostId: hostname(),
      ...(os === null ? {} : { os }),
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
