import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { seedFleet } from '../fleet/seed.ts';
import type { SeedSummary } from '../fleet/seed.ts';
import { vocabularyFor } from '../fleet/vocabulary.ts';
import { applyEffect, contentTables, EMPTY_TABLE, scanTable, schemaDigest } from '../ledger/digest.ts';
import { ledgerFile } from '../ledger/ledger-file.ts';
import type { LedgerRecord, TableState } from '../ledger/records.ts';
import { randomFor } from '../random.ts';
import { planDrill } from '../scenario/plan.ts';
import type { Plan } from '../scenario/plan.ts';
import { scenarioSchema } from '../scenario/schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import { HandlePool } from './handle-pool.ts';
import { realFormatter } from './row-encoding.ts';
import { Session } from './session.ts';
import { TrackedDatabase } from './tracked-database.ts';

/** For tests of fleet and workload: a small seeded fleet, and a reading of the ledger that shares no code with it. */

type Input = Partial<Pick<Scenario, 'fleet' | 'workload' | 'disaster' | 'blobs' | 'hooks'>>;

/** A scenario of some apps; what is given replaces the parts. */
export function smallScenario(parts: { [Part in keyof Input]?: object } = {}): Scenario {
  return scenarioSchema.parse({
    id: 'small',
    title: 'A small fleet',
    tier: 'smoke',
    fleet: { realms: 3, appsPerRealm: 2, rowsPerApp: { min: 30, max: 300 } },
    objectives: ['rpoMs max < 15000'],
    ...parts,
  });
}

export interface SeededFleet extends Disposable {
  readonly plan: Plan;
  readonly folder: string;
  readonly dataDir: string;
  readonly ledgerDir: string;
  readonly summary: SeedSummary;
}

/** Seeds the fleet of a scenario into a folder of its own. */
export async function seedSmall(scenario: Scenario, seed: number): Promise<SeededFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'drill-fleet-'));
  const [dataDir, ledgerDir] = [join(folder, 'data'), join(folder, 'ledger')];
  const plan = planDrill(scenario, seed);
  const summary = await seedFleet({ plan, dataDir, ledgerDir });
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  return { plan, folder, dataDir, ledgerDir, summary, [Symbol.dispose]: dispose };
}

/** A writer's session over a seeded fleet, with a ledger file of its own. */
export function sessionOver({ plan, dataDir, ledgerDir }: SeededFleet, seed: number): Session & Disposable {
  const descriptor = openSync(join(ledgerDir, 'writer-0.ndjson'), 'a');
  const ledger = ledgerFile(descriptor);
  const formatReal = realFormatter();
  const pool = new HandlePool(
    (path, account) =>
      new TrackedDatabase({ file: join(dataDir, path), path, life: 1, ledger, formatReal, account }),
  );
  const session = new Session({
    dataDir,
    seed,
    writerIndex: 0,
    life: 1,
    random: randomFor(seed, 'test'),
    vocabulary: vocabularyFor(seed),
    pool,
    ledger,
    largeBlobBytes: plan.largeBlobBytes,
  });
  const dispose = (): void => {
    pool.closeAll();
    closeSync(descriptor);
  };
  return Object.assign(session, { [Symbol.dispose]: dispose });
}

/** What the ledger says of one database. */
export interface Replayed {
  readonly tables: Map<string, TableState>;
  schema: string;
  seq: number;
  gone: boolean;
  /** Records that did not fit. */
  readonly problems: string[];
  readonly kinds: string[];
  refused: number;
  /** An intent without an answer. */
  open: Extract<LedgerRecord, { t: 'intent' }> | null;
}

/** Applies every acknowledged effect to the base states. */
export function replay(ledgerDir: string): Map<string, Replayed> {
  const databases = new Map<string, Replayed>();
  const files = readdirSync(ledgerDir).filter((name) => name.endsWith('.ndjson'));
  for (const name of files.toSorted((a, b) => Number(b === 'seed.ndjson') - Number(a === 'seed.ndjson'))) {
    const lines = readFileSync(join(ledgerDir, name), 'utf8').split('\n');
    // What stands behind the last newline is what SIGKILL left of a line.
    for (const line of lines.slice(0, -1)) replayRecord(databases, JSON.parse(line) as LedgerRecord);
  }
  return databases;
}

function replayRecord(databases: Map<string, Replayed>, record: LedgerRecord): void {
  if (record.t === 'end' || record.t === 'hook') return;
  if (record.t === 'base') {
    const tables = new Map(Object.entries(record.tables));
    const { schema, seq = 0 } = record;
    databases.set(record.db, {
      tables,
      schema,
      seq,
      gone: false,
      problems: [],
      kinds: [],
      refused: 0,
      open: null,
    });
    return;
  }
  const database = databases.get(record.db);
  if (database === undefined) throw new Error(`${record.db} has no base`);
  switch (record.t) {
    case 'intent':
      if (database.open !== null) database.problems.push(`two intents: ${record.seq}`);
      if (record.seq !== database.seq + 1) database.problems.push(`seq ${record.seq} after ${database.seq}`);
      database.open = record;
      return;
    case 'ack':
      acknowledge(database, record);
      return;
    case 'refused':
      if (database.open?.seq !== record.seq) database.problems.push(`refused ${record.seq} without intent`);
      database.open = null;
      database.refused++;
      return;
    case 'turned-away':
      database.refused++;
      return;
    case 'gone':
      database.gone = true;
      return;
    case 'taken-up':
      if (database.open?.seq === record.seq) applyIntent(database, database.open);
      database.open = null;
      if (record.seq !== database.seq) database.problems.push(`taken up at ${record.seq}`);
      return;
    case 'blob-put':
    case 'blob-stored':
    case 'blob-refused':
    case 'blob-deleted':
      return;
    default:
      record satisfies never;
  }
}

function acknowledge(database: Replayed, record: Extract<LedgerRecord, { t: 'ack' }>): void {
  const { open, tables, problems } = database;
  if (open === null || open.seq !== record.seq) {
    problems.push(`ack ${record.seq} without intent`);
    return;
  }
  applyIntent(database, open);
  for (const [table, state] of Object.entries(record.tables)) {
    if (tables.get(table)?.join() !== state.join()) problems.push(`ack ${record.seq} differs in ${table}`);
  }
  database.open = null;
  database.seq = record.seq;
  database.kinds.push(open.kind);
}

/** Applies the effects of a write. */
export function applyIntent(
  database: Pick<Replayed, 'tables' | 'schema'>,
  intent: Extract<LedgerRecord, { t: 'intent' }>,
): void {
  for (const table of intent.created ?? []) database.tables.set(table, EMPTY_TABLE);
  for (const [table, , before, after] of intent.effects) {
    database.tables.set(table, applyEffect(database.tables.get(table) ?? EMPTY_TABLE, before, after));
  }
  for (const table of intent.dropped ?? []) database.tables.delete(table);
  database.schema = intent.schema ?? database.schema;
}

/** What a database holds, from its rows alone. */
export function scanDatabase(file: string): { tables: Map<string, TableState>; schema: string } {
  return withDatabase(file, (db) => ({
    tables: new Map(contentTables(db).map((table) => [table, scanTable(db, table)])),
    schema: schemaDigest(db),
  }));
}

/** Runs `body` with the database open, and closes it. */
export function withDatabase<T>(file: string, body: (db: Database) => T): T {
  const db = new Sqlite(file, { fileMustExist: true });
  try {
    return body(db);
  } finally {
    db.close();
  }
}

/** Every database holds exactly what the ledger says, and none has a write whose fate is open. */
export function livingEqualLedger(fleet: SeededFleet): Map<string, Replayed> {
  const databases = replay(fleet.ledgerDir);
  for (const [path, expected] of databases) {
    expect(expected.problems, path).toEqual([]);
    expect(expected.open, path).toBeNull();
    const file = join(fleet.dataDir, path);
    expect(existsSync(file), path).toBe(!expected.gone);
    if (expected.gone) continue;
    const found = scanDatabase(file);
    expect(found.tables, path).toEqual(expected.tables);
    expect(found.schema, path).toBe(expected.schema);
    expect(withDatabase(file, (db) => db.pragma('foreign_key_check'))).toEqual([]);
  }
  return databases;
}
