import Sqlite from 'better-sqlite3';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { baselineName, writeBaseline } from '../fleet/baseline.ts';
import { contentHash } from '../fleet/blobs.ts';
import { timestamp } from '../fleet/ids.ts';
import { databaseId } from '../fleet/in-band.ts';
import { storageFolder } from '../fleet/layout.ts';
import { schemaDigest } from '../ledger/digest.ts';
import type { BaseRecord, BlobRecord } from '../ledger/records.ts';
import type { Session } from './session.ts';

/**
 * An operator puts a copy of a database in its place, as after a repair: the application has closed it, its WAL goes, and
 * another file comes, by rename or by copying its bytes over the old ones. The copy has an identity of its own, so that what comes back
 * later is known for the one or the other.
 */
export function replaceDatabase(
  session: Session,
  path: string,
  options: {
    readonly by: 'rename' | 'copy';
    readonly epoch: number;
    readonly ledgerDir: string;
  },
): string | null {
  const { by, epoch, ledgerDir } = options;
  const file = join(session.dataDir, path);
  const staged = `${file}.staged`;
  session.forget(path);
  copyInto(file, staged);
  const { base, files } = giveIdentity(staged, session, { path, epoch, ledgerDir });
  const carriedOver = blobsOf(session, path, files);
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
  if (by === 'rename') renameSync(staged, file);
  else {
    copyFileSync(staged, file);
    rmSync(staged);
  }
  // Not sooner: a kill between the two would leave a life in the ledger that no disk ever had. This way round it is the
  // old life that counts then, which is what the bucket still has, with all that was acknowledged in it.
  const at = monotonicUs();
  session.ledger.append({ ...base, at, inPlace: true });
  for (const record of carriedOver) session.ledger.append({ ...record, at });
  const [identity] = session.pool.open(path).db.prepare('SELECT epoch FROM _drill_identity').pluck().all();
  return identity === epoch ? null : `its epoch is ${String(identity)}`;
}

function copyInto(file: string, staged: string): void {
  rmSync(staged, { force: true });
  const db = new Sqlite(file, { fileMustExist: true });
  try {
    db.prepare('VACUUM INTO ?').run(staged);
  } finally {
    db.close();
  }
}

function giveIdentity(
  staged: string,
  { seed }: Session,
  { path, epoch, ledgerDir }: { path: string; epoch: number; ledgerDir: string },
): { base: BaseRecord; files: readonly string[] } {
  const db = new Sqlite(staged, { fileMustExist: true });
  try {
    const id = databaseId(seed, path, epoch);
    db.prepare('UPDATE _drill_identity SET database_id = ?, epoch = ?, created_at = ?').run(
      id,
      epoch,
      timestamp(Date.now()),
    );
    db.exec('UPDATE _drill_state SET seq = 0; PRAGMA journal_mode = WAL;');
    const rows = baselineName(path).replace(/\.ndjson$/, `__${epoch}.ndjson`);
    const tables = writeBaseline(db, join(ledgerDir, rows));
    const schema = schemaDigest(db);
    const files = db.prepare('SELECT id FROM _files').pluck().all() as string[];
    return { base: { t: 'base', db: path, id, epoch, at: monotonicUs(), tables, schema, rows }, files };
  } finally {
    db.close();
  }
}

/** The blobs stay where they are, and the new database names them. */
function blobsOf({ dataDir }: Session, path: string, files: readonly string[]): readonly BlobRecord[] {
  return files.flatMap((file) => {
    const blob = join(dataDir, storageFolder(path), file);
    const content = existsSync(blob) ? readFileSync(blob) : null;
    const fate = { db: path, file, at: monotonicUs() };
    const sizeBytes = content?.length ?? 0;
    const sha256 = contentHash(content ?? '');
    const put = { t: 'blob-put', ...fate, sizeBytes, sha256, carriedOver: true } as const;
    // A row may have been left without its blob.
    return content === null ? [put] : [put, { t: 'blob-stored', ...fate } as const];
  });
}
