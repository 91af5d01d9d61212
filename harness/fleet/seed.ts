import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { monotonicUs } from '../clock.ts';
import { DrillError, messageOf } from '../errors.ts';
import { pageBytesOf, schemaDigest } from '../ledger/digest.ts';
import { type LedgerFile, ledgerFile } from '../ledger/ledger-file.ts';
import type { BaseRecord } from '../ledger/records.ts';
import type { Plan, PlannedDatabase } from '../scenario/plan.ts';
import { baselineName, writeBaseline } from './baseline.ts';
import { blobContent, contentHash } from './blobs.ts';
import { hookName, hookSource } from './hooks.ts';
import { createInBand, databaseId, writeTableStates } from './in-band.ts';
import { timestamp } from './ids.ts';
import { appFolder, blobPath, hooksFolder } from './layout.ts';
import { MIGRATIONS_TABLE_SQL } from './migrations.ts';
import { applySeedingPragmas, finishSeeding } from './pragmas.ts';
import { seedApp } from './seed-app.ts';
import type { PlannedBlob } from './seed-app.ts';
import { seedContext } from './seed-context.ts';
import { seedRealm } from './seed-realm.ts';
import { seedShapes } from './seed-shapes.ts';
import { seedSystem } from './seed-system.ts';
import { vocabularyFor } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface SeedOptions {
  readonly plan: Plan;
  /** RustBaas' data_dir; must not hold a fleet yet. */
  readonly dataDir: string;
  /** Gets `seed.ndjson` and `baseline/`. */
  readonly ledgerDir: string;
  /** Where the blobs go, by their path relative to data_dir; without it, there. */
  readonly putBlob?: (path: string, content: Buffer) => Promise<void>;
  readonly onProgress?: (databases: number, databasesTotal: number, rows: number) => void;
  readonly signal?: AbortSignal;
}

export interface SeedSummary {
  readonly databases: number;
  readonly realms: number;
  readonly apps: number;
  /** RustBaas' rows; the drill's own are not counted. */
  readonly rows: number;
  /** Of the database files. */
  readonly bytes: number;
  readonly blobs: number;
  /** SHA-256 over path, tables and schema of every database: the same seed gives the same. */
  readonly fleetDigest: string;
}

/** Writes the fleet of a plan to disk and what it holds to the ledger. */
export async function seedFleet(options: SeedOptions): Promise<SeedSummary> {
  const { plan, dataDir, ledgerDir } = options;
  const vocabulary = vocabularyFor(plan.seed);
  mkdirSync(join(ledgerDir, 'baseline'), { recursive: true });
  const descriptor = openSync(join(ledgerDir, 'seed.ndjson'), 'ax');
  const seeded: SeededDatabase[] = [];
  try {
    const ledger = ledgerFile(descriptor);
    let rows = 0;
    for (const planned of plan.databases) {
      options.signal?.throwIfAborted();
      const result = seedDatabase(planned, plan, vocabulary, options);
      ledger.append(result.base);
      await seedBlobs(planned, result.blobs, ledger, options);
      seedHooks(planned, plan, ledger, dataDir);
      seeded.push(result);
      rows += result.rows;
      options.onProgress?.(seeded.length, plan.databases.length, rows);
      // Lets progress be painted and Ctrl-C be heard between two databases.
      await setImmediate();
    }
  } finally {
    closeSync(descriptor);
  }
  const sum = (value: (result: SeededDatabase) => number): number =>
    seeded.reduce((total, result) => total + value(result), 0);
  return {
    databases: seeded.length,
    realms: plan.databases.filter((planned) => planned.kind === 'realm').length,
    apps: plan.databases.filter((planned) => planned.kind === 'app').length,
    rows: sum((result) => result.rows),
    bytes: sum((result) => statSync(join(dataDir, result.base.db)).size),
    blobs: sum((result) => result.blobs.length),
    fleetDigest: fleetDigest(seeded.map((result) => result.base)),
  };
}

interface SeededDatabase {
  readonly base: BaseRecord;
  readonly rows: number;
  readonly blobs: readonly PlannedBlob[];
}

function seedDatabase(
  planned: PlannedDatabase,
  plan: Plan,
  vocabulary: Vocabulary,
  { dataDir, ledgerDir }: SeedOptions,
): SeededDatabase {
  const file = join(dataDir, planned.path);
  mkdirSync(dirname(file), { recursive: true });
  const db = new Sqlite(file);
  try {
    applySeedingPragmas(db, planned.pageBytes);
    db.exec('BEGIN IMMEDIATE');
    const context = seedContext(db, plan.seed, planned, vocabulary, plan.recordBytes);
    const id = databaseId(plan.seed, planned.path, 1);
    const createdAt = timestamp(context.nextMs());
    createInBand(db, { databaseId: id, path: planned.path, epoch: 1, createdAt });
    db.exec(MIGRATIONS_TABLE_SQL);
    seedShapes(db, plan, planned, vocabulary);
    const blobs = seedContent(context, plan);
    const tables = writeBaseline(db, join(ledgerDir, baselineName(planned.path)));
    writeTableStates(db, tables);
    db.exec('COMMIT');
    finishSeeding(db);
    return {
      base: baseRecord(db, planned.path, { id, createdAt }, tables),
      rows: Object.values(tables).reduce((total, [count]) => total + count, 0),
      blobs,
    };
  } catch (error) {
    throw new DrillError('DRILL_E_OUTPUT_UNWRITABLE', {
      what: `The database ${planned.path} could not be seeded.`,
      why: messageOf(error),
      fix: 'Make sure that the output folder is writable, empty and has space, then run the drill again.',
      exit: 3,
      cause: error,
    });
  } finally {
    db.close();
  }
}

function seedContent(context: ReturnType<typeof seedContext>, plan: Plan): PlannedBlob[] {
  const { kind, realm, app } = context.planned;
  const children = (of: 'realm' | 'app'): { slug: string; name: string }[] =>
    plan.databases
      .filter((planned) => planned.kind === of && (of === 'realm' || planned.realm === realm))
      .map((planned) => ({ slug: planned.app ?? planned.realm ?? '', name: planned.name }));
  switch (kind) {
    case 'system':
      seedSystem(context, children('realm'));
      return [];
    case 'realm':
      seedRealm(context, realm ?? '', children('app'));
      return [];
    case 'app':
      return seedApp(context, realm ?? '', app ?? '', plan.blobBytes);
    default:
      return kind satisfies never;
  }
}

function baseRecord(
  db: Database,
  path: string,
  identity: Required<Pick<BaseRecord, 'id' | 'createdAt'>>,
  tables: BaseRecord['tables'],
): BaseRecord {
  return {
    t: 'base',
    db: path,
    ...identity,
    epoch: 1,
    at: monotonicUs(),
    tables,
    schema: schemaDigest(db),
    pageBytes: pageBytesOf(db),
    rows: baselineName(path),
  };
}

async function seedBlobs(
  { path, realm, app }: PlannedDatabase,
  blobs: readonly PlannedBlob[],
  ledger: LedgerFile,
  { dataDir, putBlob }: SeedOptions,
): Promise<void> {
  if (realm === null || app === null) return;
  if (putBlob === undefined) mkdirSync(join(dataDir, appFolder(realm, app), 'storage'), { recursive: true });
  const seedBlob = async ({ fileId, sizeBytes }: PlannedBlob): Promise<void> => {
    const content = blobContent(fileId, sizeBytes);
    const sha256 = contentHash(content);
    ledger.append({ t: 'blob-put', db: path, file: fileId, sizeBytes, sha256, at: monotonicUs() });
    const blob = blobPath(realm, app, fileId);
    if (putBlob === undefined) writeFileSync(join(dataDir, blob), content);
    else await putBlob(blob, content);
    ledger.append({ t: 'blob-stored', db: path, file: fileId, at: monotonicUs() });
  };
  // An app has few: they go out together.
  await Promise.all(blobs.map(seedBlob));
}

function seedHooks(
  { path, realm, app }: PlannedDatabase,
  plan: Plan,
  ledger: LedgerFile,
  dataDir: string,
): void {
  if (realm === null || app === null || plan.hooksPerApp === 0) return;
  const folder = join(dataDir, hooksFolder(realm, app));
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < plan.hooksPerApp; index++) {
    const name = hookName(index);
    const source = hookSource(`${realm}/${app}`, name, '1');
    writeFileSync(join(folder, name), source);
    ledger.append({ t: 'hook', db: path, name, sha256: contentHash(source), at: monotonicUs() });
  }
}

/** SHA-256 over what every database holds, whatever the order in which they were written. */
function fleetDigest(bases: readonly BaseRecord[]): string {
  const digest = createHash('sha256');
  for (const base of bases.toSorted((a, b) => (a.db < b.db ? -1 : 1))) {
    const tables = Object.entries(base.tables).toSorted(([a], [b]) => (a < b ? -1 : 1));
    digest.update(`${JSON.stringify([base.db, tables, base.schema])}\n`);
  }
  return digest.digest('hex');
}
