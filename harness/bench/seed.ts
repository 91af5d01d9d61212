import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import type { SqlValue } from '../fleet/field-values.ts';
import { seedFleet } from '../fleet/seed.ts';
import { contentTables, quoteIdentifier } from '../ledger/digest.ts';
import { planDrill } from '../scenario/plan.ts';
import { scenarioSchema } from '../scenario/schema.ts';

export interface SeedBench {
  readonly rows: number;
  /** Rows a second, faker rows, digests and ledger included; median of the rounds. */
  readonly seeding: number;
  /** Rows a second of the same rows, ready in memory, through one prepared INSERT a table; median of the rounds. */
  readonly rawInserts: number;
  readonly ratio: number;
}

const SEED = 7;
const ROUNDS = 3;

/** Measures seeding against better-sqlite3 doing nothing but inserting the same rows into the same schema. */
export async function benchSeed(folder: string): Promise<SeedBench> {
  const scenario = scenarioSchema.parse({
    id: 'seed-bench',
    title: 'What seeding costs',
    tier: 'nightly',
    fleet: { realms: 1, appsPerRealm: 6, rowsPerApp: { min: 30_000, max: 40_000, skew: 'uniform' } },
    objectives: ['rpoMs max < 1'],
  });
  const plan = planDrill(scenario, SEED);
  const rounds: { seeding: number; rawInserts: number; ratio: number }[] = [];
  let rows = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const dataDir = join(folder, `seeded-${round}`);
    const startUs = monotonicUs();
    const summary = await seedFleet({ plan, dataDir, ledgerDir: join(folder, `ledger-${round}`) });
    const seeding = (summary.rows * 1_000_000) / (monotonicUs() - startUs);
    const raw = plan.databases.map(({ path }, index) =>
      insertAgain(join(dataDir, path), join(folder, `raw-${round}-${index}.db`)),
    );
    const rawUs = raw.reduce((sum, one) => sum + one.us, 0);
    const rawInserts = (raw.reduce((sum, one) => sum + one.rows, 0) * 1_000_000) / rawUs;
    rounds.push({ seeding, rawInserts, ratio: seeding / rawInserts });
    rows = summary.rows;
  }
  const median = (of: (round: (typeof rounds)[number]) => number): number =>
    rounds.map(of).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  return {
    rows,
    seeding: Math.round(median((round) => round.seeding)),
    rawInserts: Math.round(median((round) => round.rawInserts)),
    ratio: median((round) => round.ratio),
  };
}

/** Inserts a database's rows into an empty one with the same tables and indexes. Only the inserts are timed. */
function insertAgain(source: string, target: string): { readonly rows: number; readonly us: number } {
  const from = new Sqlite(source, { readonly: true });
  const to = new Sqlite(target);
  try {
    const schema = from
      .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as string[];
    // Tables are not in the order of their references here.
    to.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;');
    for (const sql of schema) to.exec(sql);
    const tables = contentTables(from).map((table) => ({ table, rows: rowsOf(from, table) }));
    const startUs = monotonicUs();
    to.exec('BEGIN');
    for (const { table, rows } of tables) insertRows(to, table, rows);
    to.exec('COMMIT');
    const us = monotonicUs() - startUs;
    return { rows: tables.reduce((sum, { rows }) => sum + rows.length, 0), us };
  } finally {
    from.close();
    to.close();
  }
}

function rowsOf(db: Database, table: string): SqlValue[][] {
  return db
    .prepare(`SELECT * FROM ${quoteIdentifier(table)}`)
    .raw()
    .all() as SqlValue[][];
}

function insertRows(db: Database, table: string, rows: readonly SqlValue[][]): void {
  const marks = (rows[0] ?? [null]).map(() => '?').join(',');
  if (rows.length === 0) return;
  const insert = db.prepare(`INSERT INTO ${quoteIdentifier(table)} VALUES (${marks})`);
  for (const row of rows) insert.run(row);
}
