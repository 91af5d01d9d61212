/**
 * Writers for the drill tests of Litestream and of the supervisor: a process of its own, so that it can be killed like
 * a host. `node hammer-process.ts '<options json>'` seeds the databases, prints `ready`, and writes until it is killed.
 * Row `seq` of a database always has the same body, so that a restored copy can be checked without a ledger.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';

export interface HammerOptions {
  readonly files: readonly string[];
  /** Rows of each database before `ready`. */
  readonly rows: number;
  /** Transactions a second over all databases; 0: none. */
  readonly writesPerSecond: number;
  readonly rowsPerWrite: number;
  /** Removes what lies there first, and leaves the seeded rows in the file alone, but for one more in a new WAL. */
  readonly anew?: boolean;
}

/** The body of row `seq`: long enough that a few rows fill a page. */
export function hammerBody(seq: number): string {
  return `${seq}-`.repeat(40).slice(0, 200);
}

if (process.argv[1] === import.meta.filename) hammer(JSON.parse(process.argv[2] ?? '{}') as HammerOptions);

function hammer(options: HammerOptions): void {
  const { files, writesPerSecond } = options;
  const writers = files.map((file) => open(file, options));
  process.stdout.write('ready\n');
  process.stdin.on('end', () => process.exit(0)).resume();
  if (writesPerSecond === 0) return;
  const startMs = performance.now();
  let done = 0;
  setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * writesPerSecond;
    const stopMs = performance.now() + 50;
    while (done < due && performance.now() < stopMs) writers[done++ % writers.length]?.();
  }, 5);
}

function open(file: string, { rows, rowsPerWrite, anew = false }: HammerOptions): () => void {
  if (anew) for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('busy_timeout = 5000');
  db.exec('CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
  db.exec('CREATE INDEX IF NOT EXISTS rows_body ON rows (body, seq)');
  const insert = db.prepare('INSERT INTO rows (seq, body) VALUES (?, ?)');
  let seq = (db.prepare('SELECT max(seq) FROM rows').pluck().get() as number | null) ?? 0;
  const write = db.transaction((count: number) => {
    for (let i = 0; i < count; i++) insert.run(seq + i + 1, hammerBody(seq + i + 1));
  });
  const add = (count: number): void => {
    write.immediate(count);
    seq += count;
  };
  if (rows > seq) add(rows - seq);
  if (anew) {
    db.pragma('wal_checkpoint(TRUNCATE)');
    add(1);
  }
  return () => add(rowsPerWrite);
}
