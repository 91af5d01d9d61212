import { closeSync, cpSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { blobContent } from '../../fleet/blobs.ts';
import { hookSource } from '../../fleet/hooks.ts';
import { blobPath, hooksFolder } from '../../fleet/layout.ts';
import type { Finding } from '../../evidence/checks.ts';
import { type DatabaseHistory, type Ledger, readLedger } from '../../ledger/history.ts';
import { lastSeq } from '../../ledger/history-state.ts';
import type { LedgerRecord } from '../../ledger/records.ts';
import { placeOf } from '../places.ts';
import { type FleetVerification, verifyFleet } from '../verify-fleet.ts';
import { type DrilledFleet, writeRecords } from './drilled-fleet.ts';

/** A restored folder beside its ledger, to be damaged. */
export interface Scene extends AsyncDisposable {
  readonly dataDir: string;
  readonly ledgerDir: string;
  readonly ledger: Ledger;
  readonly killUs: number;
  /** Start of the last completed round of the operator's mirror: before the last file upload or deletion. */
  readonly mirroredUpToUs: number;
  /** What stands in for the dead host's data_dir; it is not there. */
  readonly deadDataDir: string;
}

export interface SceneOptions {
  /** The kill comes after so many records of the writer; default: after all. */
  readonly records?: number;
  /** The seq to which a database came back; null: it did not. Default: the last one that was acknowledged. */
  readonly seqOf?: (path: string, lastSeq: number) => number | null;
}

/** The kill comes so long after the last record. */
const SETTLED_US = 5000;

/** Lays out what a restore gives: each database at some write, blobs, ledger up to the kill. */
export async function layOut(drilled: DrilledFleet, options: SceneOptions = {}): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'scene-'));
  const [dataDir, ledgerDir] = [join(folder, 'data'), join(folder, 'ledger')];
  const records = drilled.records.slice(0, options.records ?? drilled.records.length);
  cpSync(drilled.seedLedgerDir, ledgerDir, { recursive: true });
  writeRecords(join(ledgerDir, 'writer-0.ndjson'), records);
  const ledger = await readLedger(ledgerDir);
  for (const history of ledger.databases.values()) {
    const { path, deletedUs } = history;
    const last = lastSeq(history);
    const seq = deletedUs === null ? (options.seqOf ?? ((_path, at) => at))(path, last) : null;
    const file = seq === null ? undefined : drilled.snapshots.get(path)?.get(seq);
    if (file !== undefined) placeDatabase(dataDir, path, file, (id) => history.blobs.has(id));
    placeHooks(dataDir, history);
  }
  const killUs = Math.max(...records.map(instantOf)) + SETTLED_US;
  return {
    dataDir,
    ledgerDir,
    ledger,
    killUs,
    mirroredUpToUs: lastFileInstant(records) ?? killUs,
    deadDataDir: join(folder, 'dead', 'data'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function lastFileInstant(records: readonly LedgerRecord[]): number | undefined {
  const last = records.findLast(({ t }) => t === 'blob-stored' || t === 'blob-deleted');
  return last === undefined ? undefined : instantOf(last);
}

/** Every hook of an app as version control has it, whatever became of the app. */
function placeHooks(dataDir: string, { path, hooks }: DatabaseHistory): void {
  const { realm = '', app = '' } = placeOf(path) ?? {};
  for (const { name, committedSha256 } of hooks.values()) {
    if (committedSha256 === null) continue;
    const folder = join(dataDir, hooksFolder(realm, app));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), hookSource(`${realm}/${app}`, name, '1'), { mode: 0o600 });
  }
}

function instantOf(record: LedgerRecord): number {
  return record.t === 'intent' ? record.due : record.at;
}

/** Puts a file where a restore would have put it, with the blobs that its rows promise, if they were ever put. */
export function placeDatabase(
  dataDir: string,
  path: string,
  content: Buffer,
  wasPut: (id: string) => boolean = () => true,
): void {
  const file = join(dataDir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: 0o600 });
  const place = placeOf(path);
  if (place?.kind !== 'app') return;
  for (const [id, sizeBytes] of fromSnapshot(content, blobsOf)) {
    if (!wasPut(id)) continue;
    const blob = join(dataDir, blobPath(place.realm, place.app, id));
    mkdirSync(dirname(blob), { recursive: true });
    writeFileSync(blob, blobContent(id, sizeBytes), { mode: 0o600 });
  }
}

function blobsOf(db: Database.Database): [id: string, sizeBytes: number][] {
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_files'").get() !== undefined;
  return there ? (db.prepare('SELECT id, size FROM _files').raw().all() as [string, number][]) : [];
}

/** Reads from a copy of a database, in memory. */
export function fromSnapshot<T>(content: Buffer, read: (db: Database.Database) => T): T {
  const bytes = Buffer.from(content);
  // A database in memory cannot be in WAL mode.
  bytes[18] = 1;
  bytes[19] = 1;
  const db = new Database(bytes, { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

/** Changes a restored file the way a bug would: nothing is checked, nothing is noted. */
export function edit<T>(dataDir: string, path: string, change: (db: Database.Database) => T): T {
  const db = new Database(join(dataDir, path), { fileMustExist: true });
  const before = db.pragma('journal_mode', { simple: true });
  try {
    db.unsafeMode();
    for (const pragma of [
      'journal_mode = DELETE',
      'foreign_keys = OFF',
      'ignore_check_constraints = ON',
      'writable_schema = OFF',
    ])
      db.pragma(pragma);
    return change(db);
  } finally {
    db.close();
    if (before === 'wal') setJournalMode(dataDir, path, 'wal');
  }
}

/** Says in the header how the file is to be journalled, and makes nothing beside it. */
export function setJournalMode(dataDir: string, path: string, mode: 'wal' | 'rollback'): void {
  const version = { wal: 2, rollback: 1 }[mode];
  const file = openSync(join(dataDir, path), 'r+');
  try {
    writeSync(file, Buffer.from([version, version]), 0, 2, 18);
  } finally {
    closeSync(file);
  }
}

/** Verifies a scene in this thread. */
export async function verifyScene(
  scene: Scene,
  ledger = scene.ledger,
  parallelism = 1,
): Promise<FleetVerification> {
  const { dataDir, killUs, deadDataDir, mirroredUpToUs } = scene;
  return verifyFleet({ restoredDir: dataDir, ledger, killUs, mirroredUpToUs, deadDataDir, parallelism });
}

/** Findings on the fleet and on every database. */
export function allFindings({ findings, databases }: FleetVerification): Finding[] {
  return [...findings, ...[...databases.values()].flatMap(({ verified }) => verified?.findings ?? [])];
}
