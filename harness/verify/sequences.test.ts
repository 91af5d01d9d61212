import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { sequencesOf } from './sequences.ts';

function sequences(sql: string): unknown[] {
  const db = new Sqlite(':memory:');
  try {
    db.exec(sql);
    return sequencesOf(db).map(({ table, numbers, largest }) => [table, numbers, largest]);
  } finally {
    db.close();
  }
}

const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v);';

test('a table without a row has no number yet, and negative keys count for none', () => {
  expect(sequences(TABLE)).toEqual([['t', [], 0n]]);
  expect(sequences(`${TABLE}INSERT INTO t VALUES (-7, 1)`)).toEqual([['t', [0n], 0n]]);
});

test('numbers are exact beyond what a double holds, and outlive their rows', () => {
  const big = '9007199254740993';
  expect(sequences(`${TABLE}INSERT INTO t VALUES (${big}, 1)`)).toEqual([['t', [BigInt(big)], BigInt(big)]]);
  expect(sequences(`${TABLE}INSERT INTO t (v) VALUES (1), (2); DELETE FROM t`)).toEqual([['t', [2n], 0n]]);
});

test('the word alone is no AUTOINCREMENT, and the key may have any name', () => {
  const tables = `
    CREATE TABLE a (id INTEGER PRIMARY KEY, v DEFAULT 'it''s AUTOINCREMENT', "autoincrement" TEXT);
    CREATE TABLE b (id INTEGER PRIMARY KEY /* AUTOINCREMENT */, [autoincrement ] TEXT -- autoincrement
    );
    CREATE TABLE c ("a key" INTEGER /* ' */ PRIMARY KEY autoincrement, rowid TEXT);
    INSERT INTO a (v) VALUES (1); INSERT INTO b DEFAULT VALUES; INSERT INTO c (rowid) VALUES ('x'), ('y');`;
  expect(sequences(tables)).toEqual([['c', [2n], 2n]]);
});

test('a number of no table is seen, and one that is none', () => {
  const numbers = "INSERT INTO sqlite_sequence VALUES ('nowhere', 3), ('t', 'x'), ('t', 1.5)";
  expect(sequences(`${TABLE}${numbers}`)).toEqual([
    ['t', [null, null], 0n],
    ['nowhere', [3n], null],
  ]);
});
