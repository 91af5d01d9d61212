import type { Database } from 'better-sqlite3';
import { createHash } from 'node:crypto';
import type { TableState } from '../ledger/records.ts';

/** The drill's own tables in each database: who it is, how far it has come, and what its tables should hold. */
const IN_BAND_SQL = `
CREATE TABLE _drill_identity (
  database_id TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  created_at TEXT NOT NULL
);
CREATE TABLE _drill_state (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, life INTEGER NOT NULL);
CREATE TABLE _drill_tables (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, digest TEXT NOT NULL);`;

export interface Identity {
  readonly databaseId: string;
  /** Relative to data_dir. */
  readonly path: string;
  /** 1 for the first file at this path. */
  readonly epoch: number;
  readonly createdAt: string;
}

/** An id that no other database of the drill has, and that the same seed gives again. */
export function databaseId(seed: number, path: string, epoch: number): string {
  const hex = createHash('sha256').update(`identity\n${seed}\n${path}\n${epoch}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Creates the drill's tables at write 0 of the first life. Table states are added by `writeTableStates`. */
export function createInBand(db: Database, identity: Identity): void {
  db.exec(IN_BAND_SQL);
  db.prepare('INSERT INTO _drill_identity VALUES (?, ?, ?, ?)').run(
    identity.databaseId,
    identity.path,
    identity.epoch,
    identity.createdAt,
  );
  db.prepare('INSERT INTO _drill_state VALUES (1, 0, 1)').run();
}

/** Notes what the tables hold at write 0. */
export function writeTableStates(db: Database, tables: Readonly<Record<string, TableState>>): void {
  const insert = db.prepare('INSERT INTO _drill_tables VALUES (?, ?, ?)');
  for (const [name, [rows, digest]] of Object.entries(tables)) insert.run(name, rows, digest);
}

export interface InBand {
  readonly seq: number;
  readonly life: number;
  readonly tables: ReadonlyMap<string, TableState>;
}

/** What the database says of itself. Throws when the drill's tables are not there. */
export function readInBand(db: Database): InBand {
  const state = db.prepare('SELECT seq, life FROM _drill_state WHERE id = 1').get() as
    | { seq: number; life: number }
    | undefined;
  if (state === undefined) throw new Error('_drill_state has no row');
  const rows = db.prepare('SELECT name, rows, digest FROM _drill_tables').raw().all() as [
    string,
    number,
    string,
  ][];
  return { ...state, tables: new Map(rows.map(([name, count, digest]) => [name, [count, digest]])) };
}
