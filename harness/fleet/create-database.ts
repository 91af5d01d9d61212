import Sqlite from 'better-sqlite3';
import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { EMPTY_TABLE, pageBytesOf, schemaDigest } from '../ledger/digest.ts';
import type { BaseRecord } from '../ledger/records.ts';
import { createInBand, databaseId, writeTableStates } from './in-band.ts';
import { timestamp } from './ids.ts';
import { MIGRATIONS_TABLE_SQL } from './migrations.ts';
import { applyPragmas } from './pragmas.ts';

export interface NewDatabase {
  readonly dataDir: string;
  /** Relative to data_dir. */
  readonly path: string;
  readonly seed: number;
  readonly epoch: number;
  /** Told what the file holds before anybody can see the file. */
  readonly onBase: (base: BaseRecord) => void;
}

/**
 * Creates a realm's or an app's database before its first migration: the `_migrations` table and the drill's own. The
 * file is made under another name, so that there is no instant at which a replica of a database exists that the ledger
 * does not know, or that does not know itself.
 */
export function createDatabase({ dataDir, path, seed, epoch, onBase }: NewDatabase): void {
  const file = join(dataDir, path);
  const staged = `${file}.creating`;
  const id = databaseId(seed, path, epoch);
  const createdAt = timestamp(Date.now());
  const tables = { _migrations: EMPTY_TABLE };
  mkdirSync(dirname(file), { recursive: true });
  const db = new Sqlite(staged);
  let schema = '';
  let pageBytes = 0;
  try {
    applyPragmas(db);
    db.transaction(() => {
      createInBand(db, { databaseId: id, path, epoch, createdAt });
      db.exec(MIGRATIONS_TABLE_SQL);
      writeTableStates(db, tables);
    })();
    schema = schemaDigest(db);
    pageBytes = pageBytesOf(db);
  } finally {
    db.close();
  }
  onBase({
    t: 'base',
    db: path,
    id,
    epoch,
    createdAt,
    at: monotonicUs(),
    tables,
    schema,
    pageBytes,
    rows: null,
  });
  renameSync(staged, file);
}
