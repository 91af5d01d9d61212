import Sqlite from 'better-sqlite3';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { baselineName, writeBaseline } from '../fleet/baseline.ts';
import { contentHash } from '../fleet/blobs.ts';
import { timestamp } from '../fleet/ids.ts';
import { databaseId } from '../fleet/in-band.ts';
import { schemaDigest } from '../ledger/digest.ts';
import type { BaseRecord, BlobRecord } from '../ledger/records.ts';

/** A copy of a database becomes one of its own before it is put anywhere. */

/** Copies what a database holds into a new file, whoever has it open. */
export function copyInto(file: string, staged: string): void {
  rmSync(staged, { force: true });
  const db = new Sqlite(file, { fileMustExist: true });
  try {
    db.prepare('VACUUM INTO ?').run(staged);
  } finally {
    db.close();
  }
}

/**
 * Gives a copy the identity that it will have at `path`, and begins its history: what it holds now is write 0 of it.
 * Answers how it begins, and the files whose rows it has.
 */
export function giveIdentity(
  staged: string,
  { seed, path, epoch, ledgerDir }: { seed: number; path: string; epoch: number; ledgerDir: string },
): { base: BaseRecord; files: readonly string[] } {
  const db = new Sqlite(staged, { fileMustExist: true });
  try {
    const id = databaseId(seed, path, epoch);
    const createdAt = timestamp(Date.now());
    db.prepare('UPDATE _drill_identity SET database_id = ?, path = ?, epoch = ?, created_at = ?').run(
      id,
      path,
      epoch,
      createdAt,
    );
    db.exec('UPDATE _drill_state SET seq = 0; PRAGMA journal_mode = WAL;');
    const rows = baselineName(path).replace(/\.ndjson$/, `__${epoch}.ndjson`);
    const tables = writeBaseline(db, join(ledgerDir, rows));
    const schema = schemaDigest(db);
    const files = db.prepare('SELECT id FROM _files').pluck().all() as string[];
    const at = monotonicUs();
    return { base: { t: 'base', db: path, id, epoch, createdAt, at, tables, schema, rows }, files };
  } finally {
    db.close();
  }
}

/** The blobs that lie in `folder` already, and that the database at `path` names from now on. */
export function carriedBlobs(folder: string, path: string, files: readonly string[]): readonly BlobRecord[] {
  return files.flatMap((file) => {
    const blob = join(folder, file);
    const content = existsSync(blob) ? readFileSync(blob) : null;
    const fate = { db: path, file, at: monotonicUs() };
    const sizeBytes = content?.length ?? 0;
    const sha256 = contentHash(content ?? '');
    const put = { t: 'blob-put', ...fate, sizeBytes, sha256, carriedOver: true } as const;
    // A row may have been left without its blob.
    return content === null ? [put] : [put, { t: 'blob-stored', ...fate } as const];
  });
}
