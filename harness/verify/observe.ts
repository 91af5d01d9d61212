import { accessSync, constants, statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { monotonicUs } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { type CheckId, DATABASE_CHECK_IDS } from '../evidence/checks.ts';
import { LAYOUT } from '../fleet/layout.ts';
import { contentTables, pageBytesOf, scanTable, schemaDigest } from '../ledger/digest.ts';
import type { TableState } from '../ledger/records.ts';
import { type Attempt, attempt, type ThrownCheck } from './attempt.ts';
import { withDatabase } from './database-copy.ts';
import { fileSha256 } from './file-sum.ts';
import { fullTextProblems } from './full-text.ts';
import { generatedProblems } from './generated.ts';
import { strayLitestreamRows } from './litestream-tables.ts';
import {
  NO_FACTS,
  type Observation,
  type ObservedColumn,
  type ObservedFacts,
  type ObservedIdentity,
} from './observation.ts';
import { sequencesOf } from './sequences.ts';

/** Problems that `integrity_check` is asked for. */
const INTEGRITY_MAX = 1000;

/** Reads everything from one restored file that any check wants. Never throws because of what the file holds. */
export function observeDatabase(file: string, scratchDir: string): Observation {
  // The sum last: the file is in memory by then, and the time that its reading took is that of the checks alone.
  return { ...readDatabase(file, scratchDir), sha256: fileSha256(file) };
}

function readDatabase(file: string, scratchDir: string): Omit<Observation, 'sha256'> {
  const startUs = monotonicUs();
  const refusal = refusedAccess(file);
  if (refusal !== null) return { ...NOTHING, startUs, endUs: monotonicUs(), unreadable: refusal };
  const result = attempt(() => withDatabase(file, scratchDir, observe));
  const base = { startUs, endUs: monotonicUs() };
  if ('value' in result) return { ...result.value, ...base };
  if ('damage' in result) return { ...NOTHING, ...base, unreadable: result.damage };
  return { ...NOTHING, ...base, thrown: everyCheckThrew(result.thrown) };
}

/** A file of which nobody can say anything, for a reason that is not its own. */
export function unobserved(error: string): Observation {
  const nowUs = monotonicUs();
  return { ...NOTHING, startUs: nowUs, endUs: nowUs, thrown: everyCheckThrew(error), sha256: null };
}

function everyCheckThrew(error: string): ThrownCheck[] {
  return DATABASE_CHECK_IDS.map((check) => ({ check, error }));
}

/** A file that its owner may not read is the recovery's fault, not the machine's. */
function refusedAccess(file: string): string | null {
  try {
    accessSync(file, constants.R_OK);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** What a file itself says. */
type Read = Omit<Observation, 'startUs' | 'endUs' | 'sha256'>;

const NOTHING: Read = {
  unreadable: null,
  integrity: [],
  foreignKeys: [],
  identities: [],
  seq: null,
  life: null,
  inBand: null,
  tables: new Map(),
  broken: [],
  schema: null,
  pageBytes: null,
  journalMode: null,
  sequences: [],
  strayLitestreamRows: 0,
  derived: [],
  objects: new Map(),
  facts: NO_FACTS,
  thrown: [],
};

function observe(db: Database): Read {
  // A file that is no database at all says so here, and is unreadable as a whole.
  const tables = contentTables(db);
  if (tables.length === 0) return { ...NOTHING, unreadable: 'the database has no table' };
  const damage = new Set<string>();
  const thrown: ThrownCheck[] = [];
  const read = <T>(check: CheckId, what: () => T): T | null => valueOf(attempt(what), check, damage, thrown);
  const integrity = read('integrity', () => [...integrityProblems(db), ...lengthProblems(db)]) ?? [];
  const foreignKeys = read('foreign-keys', () => foreignKeyProblems(db)) ?? [];
  const identities = hasTable(db, '_drill_identity') ? read('identity', () => identitiesOf(db)) : [];
  const state = hasTable(db, '_drill_state') ? read('content', () => stateOf(db)) : null;
  const inBand = hasTable(db, '_drill_tables') ? read('content', () => inBandTables(db)) : null;
  const scanned = new Map<string, TableState>();
  const broken: string[] = [];
  for (const table of tables) {
    const state = read('content', () => scanTable(db, table));
    if (state === null) broken.push(table);
    else scanned.set(table, state);
  }
  const schema = read('schema', () => schemaDigest(db));
  const pageBytes = read('schema', () => pageBytesOf(db));
  const journalMode = read('schema', () => String(db.pragma('journal_mode', { simple: true })));
  const sequences = read('content', () => sequencesOf(db)) ?? [];
  const strayRows = read('no-phantoms', () => strayLitestreamRows(db)) ?? 0;
  const derived = [
    ...(read('integrity', () => generatedProblems(db, tables)) ?? []),
    ...(read('integrity', () => fullTextProblems(db)) ?? []),
  ];
  const objects = read('schema', () => objectsOf(db)) ?? new Map<string, string>();
  const facts = factsOf(db, tables, (what) => read('invariants', what));
  return {
    unreadable: null,
    integrity: [...integrity, ...[...damage].filter((text) => !integrity.includes(text))],
    foreignKeys,
    identities: identities ?? [],
    seq: state?.seq ?? null,
    life: state?.life ?? null,
    inBand,
    tables: scanned,
    broken,
    schema,
    pageBytes,
    journalMode,
    sequences,
    strayLitestreamRows: strayRows,
    derived,
    objects,
    facts,
    thrown,
  };
}

function valueOf<T>(
  result: Attempt<T>,
  check: CheckId,
  damage: Set<string>,
  thrown: ThrownCheck[],
): T | null {
  if ('value' in result) return result.value;
  if ('damage' in result) damage.add(result.damage);
  else thrown.push({ check, error: result.thrown });
  return null;
}

function integrityProblems(db: Database): string[] {
  const lines = db.prepare(`PRAGMA integrity_check(${INTEGRITY_MAX})`).pluck().all() as string[];
  // One line may hold several problems of one b-tree.
  return lines.flatMap((line) => line.split('\n')).filter((line) => !/^(ok|\*\*\*.*|)$/.test(line));
}

/** SQLite looks at no byte after the last page: whatever is there came from somewhere else. */
function lengthProblems(db: Database): string[] {
  const pages = Number(db.pragma('page_count', { simple: true }));
  const surplus = statSync(db.name).size - pages * pageBytesOf(db);
  if (surplus === 0) return [];
  return [
    `the file is ${Math.abs(surplus)} bytes ${surplus > 0 ? 'longer' : 'shorter'} than its ${pages} pages`,
  ];
}

function foreignKeyProblems(db: Database): [string, number][] {
  const counts = new Map<string, number>();
  for (const row of db.prepare('PRAGMA foreign_key_check').raw().iterate()) {
    const [table] = row as [string];
    counts.set(table, (counts.get(table) ?? 0) + 1);
  }
  return [...counts];
}

function identitiesOf(db: Database): ObservedIdentity[] {
  return db
    .prepare('SELECT database_id AS id, path, epoch, created_at AS createdAt FROM _drill_identity')
    .all() as ObservedIdentity[];
}

/** The one row of the in-band state; anything else is none. */
function stateOf(db: Database): { seq: number; life: number } | null {
  const [row, ...others] = db.prepare('SELECT id, seq, life FROM _drill_state').all() as Record<
    string,
    unknown
  >[];
  const { id, seq, life } = row ?? {};
  if (others.length > 0 || id !== 1 || typeof seq !== 'number' || typeof life !== 'number') return null;
  return { seq, life };
}

function inBandTables(db: Database): Map<string, TableState> {
  const rows = db.prepare('SELECT name, rows, digest FROM _drill_tables').raw().all() as [
    string,
    number,
    string,
  ][];
  return new Map(rows.map(([name, count, digest]) => [name, [count, digest]]));
}

function objectsOf(db: Database): Map<string, string> {
  const rows = db.prepare('SELECT type, name, sql FROM sqlite_schema').raw().all() as [
    string,
    string,
    string | null,
  ][];
  return new Map(rows.map(([type, name, sql]) => [`${type} ${name}`, sql ?? '']));
}

function factsOf(
  db: Database,
  tables: readonly string[],
  read: <T>(what: () => T) => T | null,
): ObservedFacts {
  const all = (table: string, sql: string): unknown[][] | null =>
    hasTable(db, table) ? (read(() => db.prepare(sql).raw().all()) as unknown[][] | null) : null;
  const registry = hasTable(db, LAYOUT.tenantTable)
    ? all(LAYOUT.tenantTable, `SELECT id FROM ${LAYOUT.tenantTable} WHERE is_master = 0 ORDER BY id`)
    : all('apps', 'SELECT id FROM apps ORDER BY id');
  const columns = new Map<string, ObservedColumn[]>();
  for (const table of tables) {
    const found = read(
      () => db.prepare('SELECT name, type FROM pragma_table_info(?)').all(table) as ObservedColumn[],
    );
    if (found !== null) columns.set(table, found);
  }
  return {
    children: registry?.map(([id]) => String(id)) ?? null,
    migrations:
      all('_migrations', 'SELECT id FROM _migrations ORDER BY id')?.map(([id]) => String(id)) ?? null,
    policies:
      all('policies', 'SELECT field, policy_json FROM policies ORDER BY field')?.map(textPair) ?? null,
    collections:
      all('_collections', 'SELECT id, schema_json FROM _collections ORDER BY id')
        ?.map(textPair)
        .map(([id, schemaJson]) => ({ id, schemaJson })) ?? null,
    columns,
    files:
      all('_files', 'SELECT id, size FROM _files ORDER BY id')?.map(
        ([id, size]) => [String(id), Number(size)] as const,
      ) ?? null,
  };
}

function textPair(row: unknown[]): [string, string] {
  return [String(row[0]), String(row[1])];
}

function hasTable(db: Database, name: string): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;
}
