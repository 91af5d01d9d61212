/**
 * Holds a read transaction in every database named by the first line of standard input (a JSON array of files), and says
 * `holding N`. It lets go of those named by a later line, says `released N`, and waits to be killed. A process of its
 * own for two reasons: closing any descriptor of a database file drops all locks that a process has on it, and a
 * connection closed in good order as the last one would checkpoint and remove the WAL.
 */
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';

let open: Map<string, Database.Database> | null = null;

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const files = JSON.parse(line) as string[];
    if (open === null) {
      open = new Map(files.flatMap(hold));
      process.stdout.write(`holding ${open.size}\n`);
      return;
    }
    for (const file of files) {
      open.get(file)?.close();
      open.delete(file);
    }
    process.stdout.write(`released ${files.length}\n`);
  })
  // Whoever started us is gone.
  .on('close', () => process.kill(process.pid, 'SIGKILL'));

function hold(file: string): [string, Database.Database][] {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return [[file, db]];
  } catch {
    // Removed a moment ago, or locked: then it may begin a new generation, which is the worst that can come of it.
    return [];
  }
}
