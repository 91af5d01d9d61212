import type { CheckId } from '../../evidence/checks.ts';
import type { Expected, Fault } from './fault.ts';
import { change, execute, type Target } from './target.ts';

/** What Litestream 0.3.13 leaves in every database that it replicates. */
export const LITESTREAM_TABLES_SQL = `
CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);
CREATE TABLE _litestream_lock (id INTEGER);
INSERT INTO _litestream_seq VALUES (1, 6);`;

/** Faults in the tables that are not RustBaas': those of Litestream, of SQLite and of the drill. */
export const HIDDEN_FAULTS: readonly Fault[] = [
  hidden("rows in a table named as if it were Litestream's", 'CREATE TABLE _litestream_x (a)', {
    also: 'INSERT INTO _litestream_x VALUES (1), (2)',
    findings: { schema: 1, 'no-phantoms': 2, invariants: 1 },
  }),
  hidden("rows in a table named as if it were the drill's", 'CREATE TABLE _drill_x (a)', {
    also: 'INSERT INTO _drill_x VALUES (1), (2)',
    findings: { schema: 1, 'no-phantoms': 2, invariants: 1 },
  }),
  hidden(
    "trigger named as if it were Litestream's",
    'CREATE TRIGGER _litestream_t AFTER INSERT ON users BEGIN DELETE FROM users; END',
    { findings: { schema: 1 } },
  ),
  hidden("index named as if it were Litestream's", 'CREATE INDEX _litestream_i ON users(id)', {
    findings: { schema: 1 },
  }),
  hidden("index on Litestream's table", 'CREATE INDEX i ON _litestream_seq(seq)', {
    findings: { schema: 1 },
  }),
  hidden(
    "trigger on Litestream's table",
    'CREATE TRIGGER t AFTER UPDATE ON _litestream_seq BEGIN DELETE FROM users; END',
    { findings: { schema: 1 } },
  ),
  hidden(
    "view in the place of Litestream's table",
    'DROP TABLE _litestream_lock; CREATE VIEW _litestream_lock AS SELECT 1 AS id',
    { findings: { schema: 1 } },
  ),
  hidden("column added to Litestream's number", 'ALTER TABLE _litestream_seq ADD COLUMN extra', {
    findings: { schema: 1 },
  }),
  hidden("column added to Litestream's lock", 'ALTER TABLE _litestream_lock ADD COLUMN extra', {
    findings: { schema: 1 },
  }),
  hidden("rows in a table in the place of Litestream's", 'DROP TABLE _litestream_seq', {
    also: "CREATE TABLE _litestream_seq (k, v); INSERT INTO _litestream_seq VALUES ('a', 'b'), ('c', 'd')",
    findings: { schema: 1, 'no-phantoms': 2 },
  }),
  hidden("rows beside Litestream's number", 'INSERT INTO _litestream_seq VALUES (2, 6), (3, NULL)', {
    findings: { 'no-phantoms': 2 },
  }),
  hidden("text in the place of Litestream's number", "UPDATE _litestream_seq SET seq = 'secret'", {
    findings: { 'no-phantoms': 1 },
  }),
  hidden("row in Litestream's lock", 'INSERT INTO _litestream_lock VALUES (1)', {
    findings: { 'no-phantoms': 1 },
  }),
  sequenceFault(
    'AUTOINCREMENT number behind: ids are given twice',
    'UPDATE sqlite_sequence SET seq = seq - 1',
  ),
  sequenceFault('AUTOINCREMENT number at nought', 'UPDATE sqlite_sequence SET seq = 0'),
  sequenceFault('AUTOINCREMENT number ahead of every row', 'UPDATE sqlite_sequence SET seq = seq + 1'),
  sequenceFault('AUTOINCREMENT number exhausted', 'UPDATE sqlite_sequence SET seq = 9223372036854775807'),
  sequenceFault('AUTOINCREMENT number that is none', "UPDATE sqlite_sequence SET seq = 'x'"),
  sequenceFault('AUTOINCREMENT number gone', 'DELETE FROM sqlite_sequence'),
  sequenceFault('AUTOINCREMENT number twice', 'INSERT INTO sqlite_sequence SELECT * FROM sqlite_sequence'),
  {
    name: 'AUTOINCREMENT number of a table that has none, and of no table',
    plant: (target) => {
      const sql = "INSERT INTO sqlite_sequence VALUES ('users', 7), ('nowhere', 7)";
      execute(target, target.idle, sql);
      return {
        findings: [
          ['content', target.idle, 1],
          ['content', target.idle, 1],
        ],
      };
    },
  },
  {
    name: 'AUTOINCREMENT numbers of two tables behind',
    plant: (target) => {
      change(target, target.idle, 'UPDATE sqlite_sequence SET seq = seq - 1', [], 2);
      return {
        findings: [
          ['content', target.idle, 1],
          ['content', target.idle, 1],
        ],
      };
    },
  },
];

/** In a database that Litestream has replicated. */
function hidden(
  name: string,
  sql: string,
  expected: {
    readonly also?: string;
    readonly findings: Readonly<Partial<Record<CheckId, number>>>;
  },
): Fault {
  return {
    name,
    plant: (target: Target): Expected => {
      execute(target, target.idle, `${LITESTREAM_TABLES_SQL}${sql};${expected.also ?? ''}`);
      const counts = Object.entries(expected.findings) as [CheckId, number][];
      return { findings: counts.map(([check, count]) => [check, target.idle, count]) };
    },
  };
}

/** In the number of the audit log of an app. */
function sequenceFault(name: string, sql: string): Fault {
  return {
    name,
    plant: (target) => {
      change(target, target.idle, `${sql} WHERE name = 'audit_log'`);
      return { findings: [['content', target.idle, 1]] };
    },
  };
}
