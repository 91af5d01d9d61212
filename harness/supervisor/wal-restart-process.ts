/**
 * Ends the WAL of every database named on standard input (a JSON array of files), so that the next commit begins one with
 * new salts, and answers the files for which that was done as a JSON array. A process of its own, because closing any
 * descriptor of a database file drops all locks that a process has on it.
 */
import Database from 'better-sqlite3';

let text = '';
process.stdin
  .setEncoding('utf8')
  .on('data', (piece: string) => {
    text += piece;
  })
  .on('end', () => {
    process.stdout.write(JSON.stringify((JSON.parse(text) as string[]).filter(endsWal)));
  });

function endsWal(file: string): boolean {
  try {
    const db = new Database(file, { fileMustExist: true, timeout: 2000 });
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
