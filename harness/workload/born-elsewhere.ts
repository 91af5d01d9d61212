import { spawnSync } from 'node:child_process';
import { existsSync, lutimesSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { appFolder, appPath } from '../fleet/layout.ts';
import { metaFolder } from '../litestream/local-position.ts';
import type { BaseRecord, BlobRecord } from '../ledger/records.ts';
import type { BirthElsewhere } from '../scenario/changes.ts';
import { carriedBlobs, copyInto, giveIdentity } from './copied-database.ts';
import type { Session } from './session.ts';

/**
 * Apps that an operator makes elsewhere and puts into the data directory: whoever waits for files to be created there, or
 * goes by their times, does not see them come.
 */

/** An app that is ready to be put into place. */
export interface BuiltApp {
  readonly by: BirthElsewhere['by'];
  readonly path: string;
  /** Outside of data_dir, on the same disk. */
  readonly folder: string;
  readonly base: BaseRecord;
  readonly blobs: readonly BlobRecord[];
}

/** So old are the files of a copied app. */
const OLD = new Date('2020-02-02T02:02:02Z');

/**
 * Makes an app from another one, outside of data_dir. `copied`: its whole folder as it is on the disk, with what Litestream
 * keeps there. Throws where that one cannot be read: an app that never came is not what the scenario is about.
 */
export function buildElsewhere(
  session: Session,
  { realm, app, birth }: { realm: string; app: string; birth: BirthElsewhere },
): BuiltApp {
  const { dataDir, seed, ledgerDir } = session;
  const folder = join(dirname(dataDir), 'elsewhere', `${realm}_${app}`);
  const staged = join(folder, 'data.db');
  const path = appPath(realm, app);
  mkdirSync(dirname(folder), { recursive: true });
  if (birth.by === 'copied') copyAppFolder(session, appPath(realm, birth.from), folder);
  else exportApp(join(dataDir, appFolder(realm, birth.from)), folder);
  const { base, files } = giveIdentity(staged, { seed, path, epoch: 1, ledgerDir });
  const storage = join(folder, 'storage');
  // RustBaas may leave a blob whose row is gone: in the new app nobody would know of it.
  for (const name of readdirSync(storage)) if (!files.includes(name)) rmSync(join(storage, name));
  const blobs = carriedBlobs(storage, path, files);
  if (birth.by === 'copied') {
    dropUploaded(staged);
    makeOld(folder);
  }
  return { by: birth.by, path, folder, base, blobs };
}

/** Puts a built app into place: known to the ledger before anybody can see it, its blobs when they are there. */
export function putIntoPlace(
  { ledger, dataDir }: Session,
  { by, path, folder, base, blobs }: BuiltApp,
): void {
  const place = join(dataDir, dirname(path));
  mkdirSync(dirname(place), { recursive: true });
  const at = monotonicUs();
  ledger.append({ ...base, at });
  for (const record of blobs) if (record.t === 'blob-put') ledger.append({ ...record, at });
  if (by === 'renamed') renameSync(folder, place);
  else {
    copyTree(folder, place);
    rmSync(folder, { recursive: true });
  }
  const storedUs = monotonicUs();
  for (const record of blobs) if (record.t === 'blob-stored') ledger.append({ ...record, at: storedUs });
}

/** What the app holds, without what lies around it: as a tool that exports apps would do it. */
function exportApp(from: string, folder: string): void {
  mkdirSync(folder);
  copyInto(join(from, 'data.db'), join(folder, 'data.db'));
  copyTree(join(from, 'storage'), join(folder, 'storage'));
}

/**
 * The write lock is held meanwhile: then no frame of the WAL goes or comes, and whatever a checkpoint does to the file
 * stands in the WAL as well. A copy between two writes would be torn otherwise, and no backup could help that.
 */
function copyAppFolder(session: Session, source: string, folder: string): void {
  const { db } = session.pool.open(source);
  db.exec('BEGIN IMMEDIATE');
  try {
    // Litestream goes on and may remove files of its own under the copy: those are not missed.
    copyTree(join(session.dataDir, dirname(source)), folder, { mayMiss: true });
  } finally {
    db.exec('ROLLBACK');
  }
}

/** Litestream 0.5 drops what it has uploaded after five minutes, all but the last: so it looks beside an app of some age. */
function dropUploaded(staged: string): void {
  const level = join(metaFolder(staged), 'ltx', '0');
  if (!existsSync(level)) return;
  for (const name of readdirSync(level).toSorted().slice(0, -1)) rmSync(join(level, name));
}

const COPY_LIMIT_MS = 30_000;

/** The real program: it makes new files and gives them the times of the old ones. */
function copyTree(from: string, to: string, { mayMiss = false } = {}): void {
  const { status, stderr, error } = spawnSync('cp', ['-a', from, to], {
    encoding: 'utf8',
    timeout: COPY_LIMIT_MS,
  });
  if (error !== undefined) throw error;
  if (status !== 0 && !mayMiss) throw new Error(`cp -a ${from} ${to} ended with ${status}: ${stderr}`);
}

function makeOld(folder: string): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of entries) lutimesSync(join(parentPath, name), OLD, OLD);
  lutimesSync(folder, OLD, OLD);
}
