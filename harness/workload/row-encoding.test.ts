import Sqlite from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowEncodingSql, tableShape } from '../ledger/digest.ts';
import { encodeRow, realFormatter } from './row-encoding.ts';
import type { StoredValue } from './row-encoding.ts';

const value = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'grapheme' }),
  fc.double({ noNaN: true }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((hundredths) => hundredths / 100),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.uint8Array({ maxLength: 40 }),
);

describe('encodeRow', () => {
  it('spells every value that SQLite stores as the digest expression does', () => {
    const db = new Sqlite(':memory:');
    // One column of each affinity: what was bound is not always what is stored.
    db.exec(`CREATE TABLE "it's" (id TEXT PRIMARY KEY, n REAL, i INTEGER, b BLOB, any, "od""d" TEXT)`);
    const shape = tableShape(db, "it's");
    const insert = db.prepare(`INSERT INTO "it's" VALUES ('x', ?, ?, ?, ?, ?)`);
    const read = db.prepare(`SELECT * FROM "it's"`).raw().safeIntegers();
    const expected = db.prepare(`SELECT ${rowEncodingSql(shape)} FROM "it's"`).pluck();
    const formatReal = realFormatter();
    fc.assert(
      fc.property(fc.tuple(value, value, value, value, value), (values) => {
        db.exec(`DELETE FROM "it's"`);
        insert.run(values);
        const encoded = encodeRow(shape, read.get() as StoredValue[], formatReal);
        expect(Buffer.from(encoded)).toEqual(expected.get());
      }),
      { numRuns: 2000 },
    );
    db.close();
  });
});
