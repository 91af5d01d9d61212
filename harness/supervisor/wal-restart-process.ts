/**
 * Ends the WAL of every database named on standard input (a JSON array of files), so that the next commit begins one with
 * new salts, and answers each file for which that was done at once, as a JSON text on a line. A process of its own, because
 * closing any descriptor of a database file drops all locks that a process has on it.
 */
import { json } from 'node:stream/consumers';
import Database from 'better-sqlite3';

/** For so long one that is in use is waited for at first. */
const FIRST_MS = 50;
/** And then all that are left, together: nobody replicates the others meanwhile. */
const LEFT_MS = 2000;

const left = ((await json(process.stdin)) as string[]).filter((file) => !told(file, FIRST_MS));
for (const file of left) told(file, Math.ceil(LEFT_MS / left.length));

function told(file: string, timeoutMs: number): boolean {
  const isEnded = endsWal(file, timeoutMs);
  if (isEnded) process.stdout.write(`${JSON.stringify(file)}\n`);
  return isEnded;
}

function endsWal(file: string, timeoutMs: number): boolean {
  try {
    const db = new Database(file, { fileMustExist: true, timeout: timeoutMs });
    try {
      const [answer] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
      return answer?.busy === 0;
    } finally {
      db.close();
    }
  } catch {
    // Removed again, or locked for longer than we wait: the caller tries anew.
    return false;
  }
}
