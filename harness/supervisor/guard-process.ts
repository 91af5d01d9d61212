/**
 * Holds a read transaction in every database named on standard input (a JSON array of files), says `holding N`, and
 * waits to be killed. A process of its own for two reasons: closing any descriptor of a database file drops all locks
 * that a process has on it, and a connection closed in good order as the last one would checkpoint and remove the WAL.
 */
import Database from 'better-sqlite3';

let text = '';
const open: Database.Database[] = [];
process.stdin
  .setEncoding('utf8')
  .on('data', (piece: string) => {
    text += piece;
    if (!text.endsWith('\n')) return;
    for (const file of JSON.parse(text) as string[]) hold(file);
    process.stdout.write(`holding ${open.length}\n`);
  })
  // Whoever started us is gone.
  .on('end', () => process.kill(process.pid, 'SIGKILL'));

function hold(file: string): void {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    open.push(db);
  } catch {
    // Removed a moment ago, or locked: then it may begin a new generation, which is the worst that can come of it.
  }
}
