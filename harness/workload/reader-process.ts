/**
 * A long reader: holds a read transaction in every database named on standard input (one JSON array of files), and says
 * what it has found, as a line of JSON: at the start, and at each further line of input. It never ends by itself.
 */
import Database from 'better-sqlite3';
import { existsSync, statSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

interface Reader {
  readonly file: string;
  readonly count: () => number;
  readonly firstCount: number;
}

let readers: readonly Reader[] | null = null;

createInterface({ input: process.stdin })
  .on('line', (line) => {
    readers ??= (JSON.parse(line) as string[]).map(open);
    say({
      reading: readers.map(({ file, count, firstCount }) => ({
        // Writes go on: only a transaction that is still the first one sees what it saw.
        isHeld: count() === firstCount,
        walBytes: existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0,
      })),
    });
  })
  .on('close', () => process.exit(0));

function open(file: string): Reader {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  db.exec('BEGIN');
  const statement = db.prepare('SELECT seq FROM _drill_state').pluck();
  const count = (): number => statement.get() as number;
  return { file, count, firstCount: count() };
}

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
