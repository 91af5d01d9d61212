import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import Database from 'better-sqlite3';
import type { Evidence } from './evidence.ts';

/** What the machine is, for the report: a figure from a laptop is not a figure from production. */
export function describeEnvironment(env: NodeJS.ProcessEnv): Evidence['environment'] {
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
      ci: env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false',
    };
  } finally {
    db.close();
  }
}
