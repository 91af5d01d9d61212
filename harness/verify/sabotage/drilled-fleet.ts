import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import Database from 'better-sqlite3';
import { monotonicUs } from '../../clock.ts';
import { seedFleet } from '../../fleet/seed.ts';
import { vocabularyFor } from '../../fleet/vocabulary.ts';
import type { BaseRecord, BlobRecord, HookRecord, LedgerRecord } from '../../ledger/records.ts';
import { randomFor } from '../../random.ts';
import { type Plan, planDrill } from '../../scenario/plan.ts';
import { scenarioSchema } from '../../scenario/schema.ts';
import { FEATURES } from '../../scenario/shapes.ts';
import { appendAudit, login, rotateToken } from '../../workload/account-operations.ts';
import { createCollection, deleteCollection, patchCollection } from '../../workload/collection-operations.ts';
import { HandlePool } from '../../workload/handle-pool.ts';
import { LivingFleet } from '../../workload/living-fleet.ts';
import { runLoad } from '../../workload/load.ts';
import { deleteFile, uploadFile } from '../../workload/file-operations.ts';
import { createRecord, deleteRecord, updateRecord } from '../../workload/record-operations.ts';
import { createShaped, deleteShaped, shapedTablesOf, updateShaped } from '../../workload/shape-operations.ts';
import { realFormatter } from '../../workload/row-encoding.ts';
import { Session } from '../../workload/session.ts';
import { TrackedDatabase } from '../../workload/tracked-database.ts';

/**
 * Test support: a fleet that was really seeded and really written to, with its ledger record by record and a copy of
 * every database after every one of its writes. From it any state can be laid out that an honest restore can give.
 */
export interface DrilledFleet extends AsyncDisposable {
  /** Holds `seed.ndjson` and the baselines; never written to again. */
  readonly seedLedgerDir: string;
  /** What the one writer wrote to its ledger, in order. */
  readonly records: readonly LedgerRecord[];
  /** path → seq → file. */
  readonly snapshots: ReadonlyMap<string, ReadonlyMap<number, Buffer>>;
  /** What lay where hooks lie when the load was over, by path. */
  readonly liveHooks: ReadonlyMap<string, Buffer>;
  readonly plan: Plan;
}

const LOAD_MS = 500;
const WRITES_PER_SECOND = { plain: 800, shaped: 300 } as const;
const HOST_UP_US = 60_000_000;

/** Every shape at once, small: a copy is kept after each write. */
const SHAPES = {
  pageBytes: [512, 65_536, 1024, 8192],
  features: [...FEATURES],
  largeBlobBytes: 30_000,
  bulkMb: 1,
};

/** Seeds a small fleet and runs the real operations on it, in this process. */
export async function drillFleet(seed: number, kind: 'plain' | 'shaped' = 'plain'): Promise<DrilledFleet> {
  const folder = await mkdtemp(join(tmpdir(), 'drilled-'));
  const dataDir = join(folder, 'data');
  const seedLedgerDir = join(folder, 'ledger');
  mkdirSync(dataDir);
  const plan = planOf(seed, kind);
  await seedFleet({ plan, dataDir, ledgerDir: seedLedgerDir });
  age(join(seedLedgerDir, 'seed.ndjson'));
  const records: LedgerRecord[] = [];
  const snapshots = new Map<string, Map<number, Buffer>>();
  const keep = (path: string, seq: number): void => {
    const bySeq = snapshots.get(path) ?? new Map<number, Buffer>();
    snapshots.set(path, bySeq);
    if (!bySeq.has(seq)) bySeq.set(seq, serialized(join(dataDir, path)));
  };
  for (const { path } of plan.databases) keep(path, 0);
  const append = (record: LedgerRecord): void => {
    records.push(record);
    if (record.t === 'intent') keep(record.db, record.seq - 1);
    if (record.t === 'ack') keep(record.db, record.seq);
  };
  const ledger = { append };
  const formatReal = realFormatter();
  const pool = new HandlePool(
    (path, account) =>
      new TrackedDatabase({ file: join(dataDir, path), path, life: 1, ledger, formatReal, account }),
  );
  const random = randomFor(seed, 'sabotage');
  const vocabulary = vocabularyFor(seed);
  const session = new Session({
    dataDir,
    seed,
    writerIndex: 0,
    life: 1,
    random,
    vocabulary,
    pool,
    ledger,
    largeBlobBytes: plan.largeBlobBytes,
  });
  const fleet = new LivingFleet(plan, 0);
  await runLoad({
    session,
    fleet,
    changes: plan.changes,
    writesPerSecond: WRITES_PER_SECOND[kind],
    durationMs: LOAD_MS,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  everyOperation(session, hotApp(plan, records));
  pool.closeAll();
  const liveHooks = filesBelow(dataDir, 'hooks');
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return { seedLedgerDir, records, snapshots, liveHooks, plan, [Symbol.asyncDispose]: dispose };
}

function planOf(seed: number, kind: 'plain' | 'shaped'): Plan {
  return planDrill(
    scenarioSchema.parse({
      id: 'sabotage',
      title: 'A fleet to damage',
      tier: 'smoke',
      fleet: {
        realms: 4,
        appsPerRealm: 2,
        rowsPerApp: { min: 120, max: 400 },
        idleShare: 0.2,
        ...(kind === 'shaped' ? { shapes: SHAPES } : {}),
      },
      workload: {
        writesPerSecond: WRITES_PER_SECOND[kind],
        duration: `${LOAD_MS}ms`,
        newRealms: 1,
        newApps: 2,
        deletedRealms: 1,
        deletedApps: 1,
      },
      hooks: { perApp: 2, liveEdits: 4 },
      disaster: { kind: 'host-loss', at: `${LOAD_MS}ms` },
      objectives: ['rpoMs max < 15000'],
    }),
    seed,
  );
}

/** Every operation at least once, DDL in the middle: chance alone would need ten thousand writes for that. */
function everyOperation(session: Session, app: string): void {
  const database = session.pool.open(app);
  session.due(monotonicUs());
  for (const operation of [
    createRecord,
    createCollection,
    createRecord,
    updateRecord,
    patchCollection,
    uploadFile,
    uploadFile,
    deleteFile,
    uploadFile,
    login,
  ])
    operation(session, database);
  for (let round = 0; round < 12; round++) createRecord(session, database);
  for (const operation of [
    deleteCollection,
    createRecord,
    rotateToken,
    deleteRecord,
    updateRecord,
    appendAudit,
  ])
    operation(session, database);
  for (const shaped of shapedTablesOf(database)) {
    for (let round = 0; round < 3; round++) createShaped(shaped)(session, database);
    updateShaped(shaped)(session, database);
    deleteShaped(shaped)(session, database);
    createShaped(shaped)(session, database);
  }
}

/** The seeded app with the most writes that still lives. */
export function hotApp(plan: Plan, records: readonly LedgerRecord[]): string {
  const gone = new Set(records.flatMap((record) => (record.t === 'gone' ? [record.db] : [])));
  const writes = (path: string): number =>
    records.filter((record) => record.t === 'ack' && record.db === path).length;
  const apps = plan.databases
    .filter(({ kind, path }) => kind === 'app' && !gone.has(path))
    .map(({ path }) => path);
  const [hottest = ''] = apps.toSorted((a, b) => writes(b) - writes(a));
  return hottest;
}

function filesBelow(dataDir: string, folder: string): Map<string, Buffer> {
  const entries = readdirSync(join(dataDir, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [relative(dataDir, file), readFileSync(file)]));
}

function serialized(file: string): Buffer {
  const db = new Database(file, { readonly: true });
  try {
    return db.serialize();
  } finally {
    db.close();
  }
}

/** The host has been up for longer than any RPO objective when the load begins. */
function age(seedFile: string): void {
  const lines = readFileSync(seedFile, 'utf8').trimEnd().split('\n');
  const records = lines.map((line) => JSON.parse(line) as BaseRecord | BlobRecord | HookRecord);
  writeRecords(
    seedFile,
    records.map((record) => ({ ...record, at: record.at - HOST_UP_US })),
  );
}

/** Writes records as a writer would. */
export function writeRecords(file: string, records: readonly LedgerRecord[]): void {
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}
