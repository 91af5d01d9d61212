import { createHash, hash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import { isContentTable, LITESTREAM_TABLES } from './foreign-tables.ts';

/**
 * Digests of SQLite content that do not depend on page layout or row order, and tell INTEGER 1, REAL 1.0,
 * TEXT '1', BLOB and NULL apart. The same SQL expression encodes a row for the writer, the seeder and the
 * verifier, so what is compared is what SQLite stores.
 */

const MODULUS = 1n << 256n;
const ZERO = '0'.repeat(64);

/** The digest of a table without rows. */
export const EMPTY_TABLE: readonly [rows: number, digest: string] = [0, ZERO];

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Table names with content, sorted. Shadow tables count; a virtual table itself keeps nothing, and has no root page. */
export function contentTables(db: Database): string[] {
  const names = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")
    .pluck()
    .all() as string[];
  return names.filter(isContentTable).toSorted();
}

export interface TableShape {
  readonly table: string;
  readonly columns: readonly string[];
  /** Primary-key columns in key order; empty: the rowid is the key. */
  readonly key: readonly string[];
}

export function tableShape(db: Database, table: string): TableShape {
  const columns = db
    .prepare('SELECT name, pk FROM pragma_table_xinfo(?) WHERE hidden IN (0, 2, 3) ORDER BY cid')
    .all(table) as { name: string; pk: number }[];
  return {
    table,
    columns: columns.map((column) => column.name),
    key: columns
      .filter((column) => column.pk > 0)
      .toSorted((a, b) => a.pk - b.pk)
      .map((column) => column.name),
  };
}

/**
 * SQL expression that gives a row's canonical bytes: table name, then `name=<type><value>;` for every column that
 * is not NULL. A column added later (always NULL in old rows) leaves the bytes of old rows as they were.
 * `qualifier` prefixes the column names, e.g. `new.`.
 */
export function rowEncodingSql(shape: TableShape): string {
  const parts = shape.columns.map((name) => {
    const column = quoteIdentifier(name);
    const label = (type: string): string => quoteText(`${name}=${type}`);
    return (
      `CASE typeof(${column})` +
      ` WHEN 'text' THEN ${label('t')}||octet_length(${column})||':'||${column}||';'` +
      ` WHEN 'integer' THEN ${label('i')}||${column}||';'` +
      ` WHEN 'null' THEN ''` +
      ` WHEN 'real' THEN ${label('r')}||format('%!.17g',${column})||';'` +
      ` ELSE ${label('b')}||hex(${column})||';' END`
    );
  });
  return `CAST(${[quoteText(`${shape.table}\n`), ...parts].join('||')} AS BLOB)`;
}

/** SQL expression for a row's key: its primary key as a JSON array (a BLOB, which JSON cannot hold, in hex), or its rowid. */
export function rowKeySql(shape: TableShape): string {
  const columns = shape.key.map((name) => {
    const column = quoteIdentifier(name);
    return `CASE typeof(${column}) WHEN 'blob' THEN 'x:'||hex(${column}) ELSE ${column} END`;
  });
  return `json_array(${columns.length > 0 ? columns.join(',') : 'rowid'})`;
}

/** SHA-256 of a row's canonical bytes, as 64 hex digits. */
export function rowHash(encoded: Uint8Array): string {
  return hash('sha256', encoded, 'hex');
}

/** The table state after one row was replaced (`before` null: inserted, `after` null: deleted). */
export function applyEffect(
  state: readonly [number, string],
  before: string | null,
  after: string | null,
): readonly [number, string] {
  let sum = BigInt(`0x${state[1]}`);
  if (before !== null) sum -= BigInt(`0x${before}`);
  if (after !== null) sum += BigInt(`0x${after}`);
  const rows = state[0] + (after === null ? 0 : 1) - (before === null ? 0 : 1);
  return [rows, toHex(((sum % MODULUS) + MODULUS) % MODULUS)];
}

function toHex(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}

/** Adds up row hashes in eight 32-bit lanes: no BigInt a row. Exact for up to 2^21 rows between two folds. */
export class DigestSum {
  #lanes = new Float64Array(8);
  #pending = 0;
  #rows = 0;

  add(digest: Buffer): void {
    for (let lane = 0; lane < 8; lane++) {
      this.#lanes[lane] = (this.#lanes[lane] ?? 0) + digest.readUInt32BE(lane * 4);
    }
    this.#rows++;
    if (++this.#pending === 1 << 20) this.#fold();
  }

  /** The same for a digest as `hash(…, 'binary')` gives it: one character a byte, four times as fast as a Buffer. */
  addBinary(digest: string): void {
    for (let lane = 0; lane < 8; lane++) {
      const at = lane * 4;
      const low =
        (digest.charCodeAt(at + 1) << 16) | (digest.charCodeAt(at + 2) << 8) | digest.charCodeAt(at + 3);
      this.#lanes[lane] = (this.#lanes[lane] ?? 0) + digest.charCodeAt(at) * 2 ** 24 + low;
    }
    this.#rows++;
    if (++this.#pending === 1 << 20) this.#fold();
  }

  state(): readonly [rows: number, digest: string] {
    this.#fold();
    return [this.#rows, Array.from(this.#lanes, (lane) => lane.toString(16).padStart(8, '0')).join('')];
  }

  /** Carries what is above 32 bits into the next higher lane; lane 0 is the highest, its carry falls off (mod 2^256). */
  #fold(): void {
    let carry = 0;
    for (let lane = 7; lane >= 0; lane--) {
      const value = (this.#lanes[lane] ?? 0) + carry;
      carry = Math.floor(value / 2 ** 32);
      this.#lanes[lane] = value - carry * 2 ** 32;
    }
    this.#pending = 0;
  }
}

/** Rows that one step of a scan takes from SQLite: a Buffer a row costs more than its hash. */
const ROWS_PER_STEP = 500;
/** No step of a file of this size can be too large. In a larger one the first step is small, and the next ones as it says. */
const SMALL_FILE_BYTES = 32 << 20;
const FIRST_ROWS_OF_LARGE_FILE = 8;
const STEP_BYTES = 8 << 20;
const ROWID_MIN = -(2n ** 63n);

/** Scans one table. `onRow` sees every row's key and hash when it is given (slower). */
export function scanTable(
  db: Database,
  table: string,
  onRow?: (key: string, hash: string) => void,
): readonly [rows: number, digest: string] {
  // Half of RustBaas' tables are empty in most apps, and preparing a scan costs more than this.
  const some = db.prepare(`SELECT EXISTS (SELECT 1 FROM ${quoteIdentifier(table)} NOT INDEXED)`).pluck();
  if (some.get() === 0) return EMPTY_TABLE;
  const shape = tableShape(db, table);
  const sum = new DigestSum();
  for (const step of scanSteps(db, shape, onRow !== undefined)) {
    const keys = step.keys?.split('\n');
    let offset = 0;
    let index = 0;
    for (const length of step.lengths.split(',')) {
      const encoded = step.encoded.subarray(offset, (offset += Number(length)));
      const digest = hash('sha256', encoded, 'binary');
      sum.addBinary(digest);
      onRow?.(keys?.[index++] ?? '', Buffer.from(digest, 'binary').toString('hex'));
    }
  }
  return sum.state();
}

interface ScanStep {
  /** Row encodings one behind the other, and their lengths in bytes. */
  readonly encoded: Buffer;
  readonly lengths: string;
  readonly keys: string | null;
}

/** A table in order of rowid, some hundred rows at a time; a table without rowid row by row. */
function* scanSteps(db: Database, shape: TableShape, withKeys: boolean): Generator<ScanStep> {
  const from = `FROM ${quoteIdentifier(shape.table)} NOT INDEXED`;
  const encoding = rowEncodingSql(shape);
  const key = withKeys ? rowKeySql(shape) : 'NULL';
  const rowid = rowidName(db, shape);
  if (rowid === null) {
    const rows = db.prepare(`SELECT ${encoding}, octet_length(${encoding}), ${key} ${from}`).raw().iterate();
    for (const row of rows) {
      const [encoded, length, rowKey] = row as [Buffer, number, string | null];
      yield { encoded, lengths: String(length), keys: rowKey };
    }
    return;
  }
  const step = (comparison: string): string =>
    `SELECT CAST(group_concat(e, '') AS BLOB), group_concat(octet_length(e)), group_concat(k, char(10)), max(r), count(*)` +
    ` FROM (SELECT ${encoding} AS e, ${key} AS k, ${rowid} AS r ${from}` +
    ` WHERE ${rowid} ${comparison} ? ORDER BY ${rowid} LIMIT ?)`;
  const isSmall = Number(db.pragma('page_count', { simple: true })) * pageBytesOf(db) <= SMALL_FILE_BYTES;
  let limit = isSmall ? ROWS_PER_STEP : FIRST_ROWS_OF_LARGE_FILE;
  let row = db.prepare(step('>=')).raw().safeIntegers().get(ROWID_MIN, limit);
  let next: Statement | null = null;
  for (;;) {
    const [encoded, lengths, keys, last, count] = row as [Buffer, string, string | null, bigint, bigint];
    if (count > 0n) yield { encoded, lengths, keys };
    if (count < BigInt(limit)) return;
    const rowsThatFit = Math.floor((STEP_BYTES * limit) / encoded.length);
    if (!isSmall) limit = Math.max(1, Math.min(ROWS_PER_STEP, rowsThatFit));
    // Only now: most tables end with the first step, and a statement of this size takes long to prepare.
    next ??= db.prepare(step('>')).raw().safeIntegers();
    row = next.get(last, limit);
  }
}

/** Whether rows of a table have a rowid. */
export function hasRowid(db: Database, table: string): boolean {
  const without = db.prepare("SELECT 1 FROM pragma_table_list(?) WHERE schema = 'main' AND wr = 1");
  return without.get(table) === undefined;
}

/** A name by which the table's rowid can be asked for; null: it has none. */
function rowidName(db: Database, shape: TableShape): string | null {
  if (!hasRowid(db, shape.table)) return null;
  const taken = new Set(shape.columns.map((column) => column.toLowerCase()));
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name)) ?? null;
}

/**
 * What of a file's header must be as it was: Litestream copies pages, so a database in another format is another file than
 * the one that was replicated, whatever its rows say.
 */
const HEADER_FIELDS = ['user_version', 'application_id', 'page_size', 'encoding', 'auto_vacuum'] as const;

/** Page size of a database. */
export function pageBytesOf(db: Database): number {
  return Number(db.pragma('page_size', { simple: true }));
}

/**
 * Digest of everything in sqlite_schema but Litestream's two tables, with the format of the file. Root pages are left out:
 * they move with VACUUM.
 */
export function schemaDigest(db: Database): string {
  const rows = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').raw().all() as (
    | string
    | null
  )[][];
  const kept = rows
    .filter(([type, name, , sql]) => type !== 'table' || LITESTREAM_TABLES.get(name ?? '') !== sql)
    .map((row) => JSON.stringify(row))
    .toSorted();
  const header = HEADER_FIELDS.map((name) => String(db.pragma(name, { simple: true })));
  return createHash('sha256')
    .update([...header, ...kept].join('\n'))
    .digest('hex');
}
