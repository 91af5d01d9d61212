import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { reasonOf, SupervisorError } from './failure.ts';

/**
 * One supervisor a data directory. The lock is SQLite's own on an empty file: the kernel drops it with the process,
 * however it ends, so there is nothing stale to judge and no reused process id to fall for.
 */
export function lockFleet(file: string, statusFile: string): { release(): void } {
  const db = new Database(file, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw new SupervisorError('DRILL_E_SUPERVISOR_LOCKED', {
      what: `another supervisor has this data directory${ownerOf(statusFile)}`,
      why: `${file}: ${reasonOf(error)}`,
      fix: 'stop it first; two of them would write to one replica',
      exit: 2,
      cause: error,
    });
  }
  return { release: () => db.close() };
}

function ownerOf(statusFile: string): string {
  try {
    const status = JSON.parse(readFileSync(statusFile, 'utf8')) as { supervisor?: { pid?: unknown } };
    return typeof status.supervisor?.pid === 'number' ? ` (process ${status.supervisor.pid})` : '';
  } catch {
    // It has not written its status yet: the message does without the process id.
    return '';
  }
}
