import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyEffect,
  contentTables,
  DigestSum,
  EMPTY_TABLE,
  rowEncodingSql,
  rowHash,
  scanTable,
  schemaDigest,
  tableShape,
} from './digest.ts';

function memory(sql: string): Database.Database {
  const db = new Database(':memory:');
  db.exec(sql);
  return db;
}

/** The digest of a table as the sum of its rows, one by one. */
function oneByOne(db: Database.Database, table: string): readonly [number, string] {
  const encoded = db
    .prepare(`SELECT ${rowEncodingSql(tableShape(db, table))} FROM ${table}`)
    .pluck()
    .all() as Buffer[];
  return encoded.reduce<readonly [number, string]>(
    (state, row) => applyEffect(state, null, rowHash(row)),
    EMPTY_TABLE,
  );
}

const value = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', 'a\0b', 'a\0c', ';', "it's"),
);

describe('scanning a table', () => {
  test.each([
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)',
    'CREATE TABLE t (id TEXT, a, b)',
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b) WITHOUT ROWID',
  ])('sums the rows, whatever they hold: %s', (sql) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 40 }), (rows) => {
        const db = memory(sql);
        const insert = db.prepare('INSERT INTO t VALUES (?, ?, ?)');
        rows.forEach(([a, b], index) => insert.run(index, a, b));
        const seen: string[] = [];
        const state = scanTable(db, 't', (_key, hash) => seen.push(hash));
        expect(state).toEqual(oneByOne(db, 't'));
        expect(scanTable(db, 't')).toEqual(state);
        expect(seen).toHaveLength(rows.length);
        expect(
          seen.reduce<readonly [number, string]>((sum, hash) => applyEffect(sum, null, hash), EMPTY_TABLE),
        ).toEqual(state);
        db.close();
      }),
      { numRuns: 60 },
    );
  });

  test('takes every row once, at the ends of the rowids and across steps', () => {
    const db = memory('CREATE TABLE t (id INTEGER PRIMARY KEY, a)');
    const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
    for (const id of [-(2n ** 63n), -(2n ** 62n), -1n, 0n, 2n ** 53n + 1n, 2n ** 53n + 3n, 2n ** 63n - 1n])
      insert.run(id, 'x');
    for (let id = 1; id <= 1700; id++) insert.run(id, `row ${id}`);
    const keys = new Set<string>();
    expect(scanTable(db, 't', (key) => keys.add(key))).toEqual(oneByOne(db, 't'));
    expect(keys.size).toBe(1707);
  });

  test('ends after a table whose rows fill the last step exactly', () => {
    const db = memory('CREATE TABLE t (a)');
    db.exec(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i FROM n',
    );
    expect(scanTable(db, 't')).toEqual(oneByOne(db, 't'));
  });

  test('finds a rowid under another name when a column has its own', () => {
    const db = memory(
      "CREATE TABLE t (rowid TEXT, _ROWID_ TEXT, a); INSERT INTO t VALUES ('x', 'y', 1), ('x', 'y', 2)",
    );
    expect(scanTable(db, 't')[0]).toBe(2);
    const all = memory('CREATE TABLE t (rowid, _rowid_, oid); INSERT INTO t VALUES (1, 2, 3), (1, 2, 4)');
    expect(scanTable(all, 't')).toEqual(oneByOne(all, 't'));
  });

  test('gives a key even where it is a BLOB', () => {
    const db = memory(
      "CREATE TABLE t (id PRIMARY KEY, a); INSERT INTO t VALUES (x'00ff', 1), ('00ff', 2), (NULL, 3)",
    );
    const keys: string[] = [];
    scanTable(db, 't', (key) => keys.push(key));
    expect(keys).toEqual(['["x:00FF"]', '["00ff"]', '[null]']);
  });
});

describe('a row hash', () => {
  const hashOf = (sql: string): string => {
    const db = memory(`CREATE TABLE t (a); INSERT INTO t VALUES (${sql})`);
    const [, digest] = scanTable(db, 't');
    return digest;
  };

  test('tells types and bytes apart', () => {
    const values = [
      '1',
      '1.0',
      "'1'",
      "x'31'",
      'NULL',
      "''",
      "x''",
      "'1.0'",
      "'a' || char(0) || 'b'",
      "'a' || char(0) || 'c'",
      "'a'",
      '0',
      '-0.0 - 1e-300',
    ];
    expect(new Set(values.map(hashOf)).size).toBe(values.length);
  });

  test('tells neighbouring REALs apart', () => {
    const db = memory('CREATE TABLE t (a REAL)');
    const insert = db.prepare('INSERT INTO t VALUES (?)');
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const bytes = new DataView(new ArrayBuffer(8));
        bytes.setFloat64(0, number);
        bytes.setBigInt64(0, bytes.getBigInt64(0) ^ 1n);
        const neighbour = bytes.getFloat64(0);
        if (Number.isNaN(neighbour) || neighbour === number) return;
        db.exec('DELETE FROM t');
        insert.run(number);
        insert.run(neighbour);
        const hashes: string[] = [];
        scanTable(db, 't', (_key, hash) => hashes.push(hash));
        expect(new Set(hashes).size).toBe(2);
      }),
      { numRuns: 3000 },
    );
  });

  test('stays what it is when a column is added', () => {
    const db = memory("CREATE TABLE t (a); INSERT INTO t VALUES ('x')");
    const before = scanTable(db, 't');
    db.exec('ALTER TABLE t ADD COLUMN b TEXT');
    expect(scanTable(db, 't')).toEqual(before);
  });
});

test('a sum is exact beyond the capacity of its lanes, and does not depend on the way hashes come', () => {
  const top = 'f'.repeat(64);
  const [bytes, text] = [new DigestSum(), new DigestSum()];
  let expected: readonly [number, string] = EMPTY_TABLE;
  for (let count = 0; count < 300; count++) {
    bytes.add(Buffer.from(top, 'hex'));
    text.addBinary(Buffer.from(top, 'hex').toString('binary'));
    expected = applyEffect(expected, null, top);
  }
  expect(bytes.state()).toEqual(expected);
  expect(text.state()).toEqual(expected);
});

test('the schema digest sees every object, number and format, and none of Litestream', () => {
  const sql =
    'CREATE TABLE t (a); CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT 1; CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;';
  const digest = schemaDigest(memory(sql));
  const changed = [
    'DROP INDEX i',
    'DROP VIEW v',
    'DROP TRIGGER r',
    'ALTER TABLE t ADD COLUMN b',
    'PRAGMA user_version = 1',
    'PRAGMA application_id = 1',
    'PRAGMA auto_vacuum = FULL; VACUUM',
  ];
  expect(new Set([digest, ...changed.map((change) => schemaDigest(memory(`${sql}${change}`)))]).size).toBe(8);
  const litestream =
    'CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); CREATE TABLE _litestream_lock (id INTEGER);';
  expect(schemaDigest(memory(`${litestream}${sql}`))).toBe(digest);
  for (const surplus of [
    'CREATE TABLE _litestream_x (a)',
    'CREATE TRIGGER _litestream_t AFTER INSERT ON t BEGIN SELECT 1; END',
    'CREATE INDEX _litestream_i ON t(a)',
    'CREATE INDEX i2 ON _litestream_seq(seq)',
    'ALTER TABLE _litestream_lock ADD COLUMN a',
  ])
    expect(schemaDigest(memory(`${litestream}${sql}${surplus}`)), surplus).not.toBe(digest);
});

test('content is every table but those that Litestream, SQLite and the drill really keep', () => {
  const kept = ['_litestream_seq', '_litestream_lock', '_drill_identity', '_drill_state', '_drill_tables'];
  const others = ['_litestream_x', '_drill_x', '_LITESTREAM_LOCKS', 't'];
  const sql = [...kept, ...others].map(
    (name) => `CREATE TABLE ${name} (a INTEGER PRIMARY KEY AUTOINCREMENT);`,
  );
  expect(contentTables(memory(sql.join('')))).toEqual(others.toSorted());
});
