import { stat } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { messageOf } from '../errors.ts';

/**
 * Whether a file that `litestream restore` left may be handed over: it is there, not empty, has tables, and its
 * pages hold together. Litestream 0.3.13 gives back malformed files with exit code 0 (kill during first snapshots).
 * Returns null when sound, else the reason. `file` must be alone in its folder: opening it may leave side files there.
 */
export async function unsoundness(file: string): Promise<string | null> {
  const size = (await stat(file)).size;
  if (size === 0) return 'the file is empty';
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { fileMustExist: true });
    const answer = db.pragma('quick_check(1)', { simple: true });
    if (answer !== 'ok') return `quick_check: ${String(answer).split('\n', 1)[0] ?? ''}`;
    const tables = db.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").pluck().get();
    return tables === 0 ? 'it has no table' : null;
  } catch (error) {
    return messageOf(error);
  } finally {
    db?.close();
  }
}
