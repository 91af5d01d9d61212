import Sqlite from 'better-sqlite3';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { EMPTY_TABLE } from '../ledger/digest.ts';
import type { LedgerRecord } from '../ledger/records.ts';
import { readInBand } from '../fleet/in-band.ts';
import { applyIntent, scanDatabase, seedSmall, smallScenario, withDatabase } from './fleet-fixture.ts';
import type { SeededFleet } from './fleet-fixture.ts';
import { realFormatter } from './row-encoding.ts';
import { TrackedDatabase } from './tracked-database.ts';

let fleet: SeededFleet;
let file: string;
let path: string;
let records: LedgerRecord[];
let database: TrackedDatabase;

beforeAll(async () => {
  fleet = await seedSmall(smallScenario(), 5);
  path = fleet.plan.databases.find(({ kind }) => kind === 'app')?.path ?? '';
  file = join(fleet.dataDir, path);
});
afterAll(() => fleet[Symbol.dispose]());
beforeEach(() => {
  records = [];
  database = open();
});
afterEach(() => database.close());

/** `by`: another process writes to it too, or is this. */
function open(life = 1, by?: string): TrackedDatabase {
  const shared = by === undefined ? undefined : { by, holdMs: 0 };
  const ledger = { append: (record: LedgerRecord) => void records.push(record) };
  return new TrackedDatabase({
    file,
    path,
    life,
    ledger,
    formatReal: realFormatter(),
    account: null,
    shared,
  });
}

/** The state that the ledger expects, beginning with what the file holds now. */
function replayFrom(start: ReturnType<typeof scanDatabase>): ReturnType<typeof scanDatabase> {
  records.forEach((record, index) => {
    if (record.t === 'intent' && records[index + 1]?.t === 'ack') applyIntent(start, record);
  });
  return start;
}

const auditRow = (action: string): (string | null)[] => [
  null,
  '2026-06-03T00:00:00+00:00',
  'a',
  action,
  null,
  null,
];

describe('TrackedDatabase', () => {
  it('notes intent and acknowledgement of a write, and its state in the database', () => {
    const before = scanDatabase(file);
    const seq = database.account.seq;
    expect(database.write('audit', 42, (tx) => tx.insert('audit_log', auditRow('x')))).toBe(true);
    expect(records).toMatchObject([
      {
        t: 'intent',
        db: path,
        seq: seq + 1,
        kind: 'audit',
        due: 42,
        effects: [['audit_log', expect.any(String), null, expect.any(String)]],
      },
      { t: 'ack', db: path, seq: seq + 1, tables: { audit_log: [expect.any(Number), expect.any(String)] } },
    ]);
    const after = scanDatabase(file);
    expect(after).toEqual(replayFrom(before));
    expect(withDatabase(file, readInBand)).toEqual({ seq: seq + 1, life: 1, tables: after.tables });
  });

  it('accounts for tables that are created, filled, altered and dropped', () => {
    const before = scanDatabase(file);
    expect(
      database.write('collection-create-table', 0, (tx) =>
        tx.createTables('CREATE TABLE notes (id TEXT PRIMARY KEY, n REAL)'),
      ),
    ).toBe(true);
    expect(records[1]).toMatchObject({ t: 'ack', tables: { notes: EMPTY_TABLE } });
    database.write('record-create', 0, (tx) => tx.insert('notes', ['a', 1]));
    database.write('collection-alter', 0, (tx) =>
      tx.alterTable('notes', 'ALTER TABLE notes ADD COLUMN "more" INTEGER'),
    );
    // The short row is what a writer knows that has not heard of the new column.
    database.write('record-create', 0, (tx) => tx.insert('notes', ['b', 2.5]));
    database.write('record-update', 0, (tx) => tx.update('notes', 'a', ['more'], [7]));
    expect(scanDatabase(file)).toEqual(replayFrom({ tables: new Map(before.tables), schema: before.schema }));
    records.length = 0;
    const filled = scanDatabase(file);
    expect(filled.tables.get('notes')?.[0]).toBe(2);
    database.write('collection-drop-table', 0, (tx) => tx.dropTable('notes', 'DROP TABLE notes'));
    expect(records).toMatchObject([{ dropped: ['notes'], effects: [] }, { tables: {} }]);
    const dropped = scanDatabase(file);
    expect(dropped).toEqual(replayFrom(filled));
    expect(dropped.schema).toBe(before.schema);
    expect(withDatabase(file, readInBand).tables).toEqual(dropped.tables);
  });

  it('takes back a refused write and uses its number again', () => {
    const before = scanDatabase(file);
    const seq = database.account.seq;
    database.db.pragma('busy_timeout = 20');
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    expect(database.write('audit', 1, (tx) => tx.insert('audit_log', auditRow('refused')))).toBe(false);
    other.exec('ROLLBACK');
    other.close();
    expect(records).toMatchObject([
      { t: 'intent', seq: seq + 1, effects: [] },
      { t: 'refused', seq: seq + 1, error: 'database is locked' },
    ]);
    expect(scanDatabase(file)).toEqual(before);
    expect(database.write('audit', 2, (tx) => tx.insert('audit_log', auditRow('again')))).toBe(true);
    expect(records[3]).toMatchObject({ t: 'ack', seq: seq + 1 });
    expect(scanDatabase(file)).toEqual(replayFrom(before));
  });

  it('forgets what it remembered of rows that a refusal in the middle took back', () => {
    database.write('record-create', 0, (tx) => tx.insert('policies', ['p', '{}', 'now']));
    const before = scanDatabase(file);
    records.length = 0;
    const pages = database.db.pragma('page_count', { simple: true }) as number;
    database.db.pragma(`max_page_count = ${pages}`);
    const refused = database.write('record-update', 0, (tx) => {
      tx.update('policies', 'p', ['policy_json'], ['{"changed":true}']);
      tx.insert('policies', ['huge', 'x'.repeat(500_000), 'now']);
    });
    expect(refused).toBe(false);
    expect(records[1]).toMatchObject({ t: 'refused', error: 'database or disk is full' });
    expect(scanDatabase(file)).toEqual(before);
    database.db.pragma('max_page_count = 1000000');
    expect(
      database.write('record-update', 0, (tx) => tx.update('policies', 'p', ['policy_json'], ['[]'])),
    ).toBe(true);
    database.write('record-delete', 0, (tx) => tx.delete('policies', 'field', 'p'));
    expect(scanDatabase(file)).toEqual(replayFrom(before));
  });

  it('throws on a mistake of the writer, which is no refusal, and leaves the database alone', () => {
    const before = scanDatabase(file);
    const twice = (): boolean =>
      database.write('record-create', 0, (tx) => {
        tx.insert('policies', ['same', '{}', 'now']);
        tx.insert('policies', ['same', '{}', 'now']);
      });
    expect(twice).toThrow('UNIQUE constraint failed');
    expect(database.db.inTransaction).toBe(false);
    expect(records).toEqual([]);
    expect(scanDatabase(file)).toEqual(before);
  });

  it('goes on in a second life where the in-band state stands', () => {
    database.write('audit', 0, (tx) => tx.insert('audit_log', auditRow('first life')));
    const { seq } = database.account;
    database.close();
    database = open(2);
    expect(database.write('first-write', 0, (tx) => tx.insert('audit_log', auditRow('second life')))).toBe(
      true,
    );
    expect(withDatabase(file, readInBand)).toMatchObject({ seq: seq + 1, life: 2 });
  });

  it('goes on from what another process has written, and notes both in one order', () => {
    const before = scanDatabase(file);
    database.close();
    database = open(1, '');
    const other = open(1, 'job');
    const add = (one: TrackedDatabase, action: string): boolean =>
      one.write('audit', 0, (tx) => tx.insert('audit_log', auditRow(action)));
    const first = database.account.seq + 1;
    try {
      for (const one of [database, other, other, database, other]) expect(add(one, 'both')).toBe(true);
      other.db.exec('BEGIN IMMEDIATE');
      database.db.pragma('busy_timeout = 10');
      expect(add(database, 'turned away')).toBe(false);
      other.db.exec('ROLLBACK');
      expect(add(database, 'after that')).toBe(true);
    } finally {
      other.close();
    }
    expect(records.flatMap((record) => (record.t === 'ack' ? [[record.seq, record.by]] : []))).toEqual([
      [first, undefined],
      [first + 1, 'job'],
      [first + 2, 'job'],
      [first + 3, undefined],
      [first + 4, 'job'],
      [first + 5, undefined],
    ]);
    expect(records.filter(({ t }) => t === 'turned-away')).toMatchObject([{ error: 'database is locked' }]);
    expect(scanDatabase(file)).toEqual(replayFrom(before));
    expect(withDatabase(file, readInBand)).toMatchObject({ seq: first + 5 });
  });

  it('never creates a database that is not there', () => {
    expect(
      () =>
        new TrackedDatabase({
          file: `${file}.none`,
          path,
          life: 1,
          ledger: { append: () => {} },
          formatReal: String,
          account: null,
        }),
    ).toThrow();
  });
});
