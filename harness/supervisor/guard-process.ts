/**
 * Holds a read transaction in databases. Each line of standard input is an order, `{"hold": [FILE, ...]}` or
 * `{"release": [FILE, ...]}`, and is answered with the number of those for which that was done; otherwise it waits to be
 * killed. A process of its own for two reasons: closing any descriptor of a database file drops all locks that a process
 * has on it, and a connection closed in good order as the last one would checkpoint and remove the WAL.
 */
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';

interface Order {
  readonly hold?: readonly string[];
  readonly release?: readonly string[];
}

const open = new Map<string, Database.Database>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { hold: wanted = [], release: held = [] } = JSON.parse(line) as Order;
    // Another file may lie there now.
    const released = [...held, ...wanted].filter(release);
    const count = wanted.filter(hold).length + released.filter((file) => held.includes(file)).length;
    process.stdout.write(`${count}\n`);
  })
  // Whoever started us is gone.
  .on('close', () => process.kill(process.pid, 'SIGKILL'));

function release(file: string): boolean {
  open.get(file)?.close();
  return open.delete(file);
}

function hold(file: string): boolean {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    open.set(file, db);
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return true;
  } catch {
    // Removed a moment ago, or locked: then it may begin a new generation, which is the worst that can come of it.
    release(file);
    return false;
  }
}
