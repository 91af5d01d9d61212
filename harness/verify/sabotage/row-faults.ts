import { scanTable } from '../../ledger/digest.ts';
import type { Fault } from './fault.ts';
import {
  ask,
  change,
  copyRow,
  execute,
  text,
  historyOf,
  idOf,
  last,
  lastingWrite,
  onlyRow,
  seededId,
  type Target,
} from './target.ts';
import { edit, placeDatabase } from './scene.ts';

/** Faults in the rows of one database. */
export const ROW_FAULTS: readonly Fault[] = [
  {
    name: 'newest row dropped',
    plant: (target) => {
      const { hot } = target;
      const newest = historyOf(target, hot).writes.at(-1);
      if (newest === undefined) throw new Error('no write');
      const { table, id } = onlyRow(newest);
      change(target, hot, `DELETE FROM "${table}" WHERE id = ?`, [id]);
      return {
        findings: [['row-counts', hot, 1]],
        lost: { [hot]: [newest.seq] },
        recoveryPoint: { [hot]: newest.seq - 1 },
      };
    },
  },
  {
    name: 'row dropped in the middle',
    plant: (target) => {
      const { hot } = target;
      const seq = dropMiddle(target);
      return {
        findings: [
          ['row-counts', hot, 1],
          ['contiguity', hot, 1],
        ],
        lost: { [hot]: [seq] },
        recoveryPoint: { [hot]: seq - 1 },
      };
    },
  },
  {
    name: 'row dropped from a table that no write touched',
    plant: (target) => {
      const { idle } = target;
      change(target, idle, 'DELETE FROM people WHERE id = ?', [seededId(target, idle, 'people')]);
      return { findings: [['row-counts', idle, 1]], lost: { [idle]: [0] }, recoveryPoint: { [idle]: 0 } };
    },
  },
  {
    name: 'seeded row dropped under later writes',
    plant: (target) => {
      const { hot } = target;
      change(target, hot, 'DELETE FROM audit_log WHERE id = ?', [seededId(target, hot, 'audit_log')]);
      return {
        findings: [
          ['row-counts', hot, 1],
          ['contiguity', hot, 1],
        ],
        lost: { [hot]: [0] },
        recoveryPoint: { [hot]: 0 },
      };
    },
  },
  {
    name: 'row duplicated',
    plant: (target) => {
      const { hot } = target;
      const columns = 'ts, actor, action, target, details_json';
      change(
        target,
        hot,
        `INSERT INTO audit_log (${columns}) SELECT ${columns} FROM audit_log WHERE id = ?`,
        [seededId(target, hot, 'audit_log')],
      );
      return { findings: [['no-phantoms', hot, 1]] };
    },
  },
  {
    name: 'phantom row added',
    plant: (target) => {
      const { hot } = target;
      change(
        target,
        hot,
        "INSERT INTO users VALUES ('0198', 'nobody@example.org', NULL, 0, NULL, '2026-01-01T00:00:00+00:00')",
      );
      return { findings: [['no-phantoms', hot, 1]] };
    },
  },
  {
    name: "two rows' values swapped",
    plant: (target) => {
      const { idle } = target;
      const a = seededId(target, idle, 'people');
      const b = seededId(target, idle, 'people', `id > '${a}'`);
      const created = (id: string): string =>
        text(target, idle, `SELECT created_at FROM people WHERE id = '${id}'`);
      const [ofA, ofB] = [created(a), created(b)];
      change(target, idle, 'UPDATE people SET created_at = ? WHERE id = ?', [ofB, a]);
      change(target, idle, 'UPDATE people SET created_at = ? WHERE id = ?', [ofA, b]);
      return wrongSeeded(idle, 2);
    },
  },
  {
    name: 'one byte of a text',
    plant: (target) => {
      const { idle } = target;
      change(target, idle, "UPDATE users SET email = 'X' || substr(email, 2) WHERE id = ?", [
        seededId(target, idle, 'users'),
      ]);
      return wrongSeeded(idle, 1);
    },
  },
  {
    name: 'one byte of a blob',
    plant: (target) => {
      const { system } = target;
      change(
        target,
        system,
        "UPDATE _secrets SET value = CAST(x'00' || substr(value, 2) AS BLOB) WHERE name = 'oauth_kek'",
      );
      return wrongSeeded(system, 1);
    },
  },
  {
    name: 'a REAL by one unit in the last place',
    plant: (target) => {
      const { idle } = target;
      const id = seededId(target, idle, 'people', 'age IS NOT NULL AND age > 0');
      const age = ask(target, idle, `SELECT age FROM people WHERE id = '${id}'`);
      change(target, idle, 'UPDATE people SET age = ? WHERE id = ?', [nextUp(age), id]);
      return wrongSeeded(idle, 1);
    },
  },
  {
    name: "'' for NULL",
    plant: (target) => {
      const { idle } = target;
      const id = seededId(target, idle, 'people', 'homepage IS NULL OR born IS NULL OR age IS NULL');
      const column = ['homepage', 'born', 'age'].find(
        (name) => text(target, idle, `SELECT ${name} IS NULL FROM people WHERE id = '${id}'`) === '1',
      );
      change(target, idle, `UPDATE people SET ${column} = '' WHERE id = ?`, [id]);
      return wrongSeeded(idle, 1);
    },
  },
  {
    // The one is a rule that lets every user in, the other one that lets in none.
    name: "NULL for ''",
    plant: (target) => {
      const { idle } = target;
      change(
        target,
        idle,
        'UPDATE _access_rules SET filter = NULL' +
          ' WHERE rowid = (SELECT min(rowid) FROM _access_rules WHERE filter = ?)',
        [''],
      );
      return wrongSeeded(idle, 1);
    },
  },
  {
    name: 'a BLOB for a TEXT of the same bytes',
    plant: (target) => {
      const { idle } = target;
      change(target, idle, 'UPDATE users SET email = CAST(email AS BLOB) WHERE id = ?', [
        seededId(target, idle, 'users'),
      ]);
      return wrongSeeded(idle, 1);
    },
  },
  {
    name: "'1' for 1",
    plant: (target) => {
      const { idle } = target;
      const id = seededId(target, idle, 'users', 'verified = 1');
      // INTEGER affinity would turn the text back: the column is without a type for a moment.
      const retyped = (from: string, to: string): string =>
        `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'verified ${from}', 'verified ${to}') WHERE name = 'users'; PRAGMA writable_schema = RESET;`;
      execute(target, idle, retyped('INTEGER', 'BLOB'));
      change(target, idle, "UPDATE users SET verified = '1' WHERE id = ?", [id]);
      execute(target, idle, retyped('BLOB', 'INTEGER'));
      return {
        ...wrongSeeded(idle, 1),
        findings: [
          ['content', idle, 1],
          ['integrity', idle, 1],
        ],
      };
    },
  },
  {
    name: 'a touched row with content of no write',
    plant: (target) => {
      const { hot } = target;
      const write = lastingWrite(target, hot, 'record-create');
      const { table, id } = onlyRow(write);
      change(target, hot, `UPDATE "${table}" SET updated_at = 'never' WHERE id = ?`, [id]);
      return {
        findings: [['content', hot, 1]],
        lost: { [hot]: [write.seq] },
        recoveryPoint: { [hot]: write.seq - 1 },
      };
    },
  },
  {
    name: 'key of a row changed',
    plant: (target) => {
      const { idle } = target;
      change(target, idle, "UPDATE people SET id = 'moved' WHERE id = ?", [seededId(target, idle, 'people')]);
      return {
        findings: [
          ['row-counts', idle, 1],
          ['no-phantoms', idle, 1],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
  {
    name: 'key of a row turned into a BLOB',
    plant: (target) => {
      const { idle } = target;
      change(target, idle, 'UPDATE people SET id = CAST(id AS BLOB) WHERE id = ?', [
        seededId(target, idle, 'people'),
      ]);
      return {
        findings: [
          ['row-counts', idle, 1],
          ['no-phantoms', idle, 1],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
  {
    name: 'all rows of a table gone',
    plant: (target) => {
      const { idle } = target;
      const rows = ask(target, idle, 'SELECT count(*) FROM audit_log');
      change(target, idle, 'DELETE FROM audit_log', [], rows);
      return { findings: [['row-counts', idle, rows]], lost: { [idle]: [0] }, recoveryPoint: { [idle]: 0 } };
    },
  },
  {
    name: 'an update missing (hole in the middle)',
    plant: (target) => {
      const { hot } = target;
      const write = lastingWrite(target, hot, 'record-update');
      const { table, id } = onlyRow(write);
      copyRow(target, hot, write.seq - 1, table, id);
      return {
        findings: [
          ['content', hot, 1],
          ['contiguity', hot, 1],
        ],
        lost: { [hot]: [write.seq] },
        recoveryPoint: { [hot]: write.seq - 1 },
      };
    },
  },
  {
    name: 'a deletion missing',
    plant: (target) => {
      const { hot } = target;
      const write = lastingWrite(target, hot, 'record-delete');
      const { table, id } = onlyRow(write);
      copyRow(target, hot, write.seq - 1, table, id);
      return {
        findings: [
          ['row-counts', hot, 1],
          ['contiguity', hot, 1],
        ],
        lost: { [hot]: [write.seq] },
        recoveryPoint: { [hot]: write.seq - 1 },
      };
    },
  },
  {
    name: 'half of a write of two tables',
    plant: (target) => {
      const { hot } = target;
      const write = lastingWrite(target, hot, 'login', ({ effects }) => effects.length === 2);
      const token = write.effects.find(([table]) => table === '_refresh_tokens');
      change(target, hot, 'DELETE FROM _refresh_tokens WHERE token = ?', [idOf(token?.[1] ?? '[]')]);
      return {
        findings: [
          ['row-counts', hot, 1],
          ['contiguity', hot, 1],
        ],
        lost: { [hot]: [write.seq] },
        recoveryPoint: { [hot]: write.seq - 1 },
      };
    },
  },
  {
    name: 'a later write without an earlier one',
    plant: (target) => {
      const { hot, scene, drilled } = target;
      const later = lastingWrite(target, hot, 'record-create', ({ seq }) => isCreate(target, seq - 1));
      const at = later.seq - 2;
      placeDatabase(scene.dataDir, hot, drilled.snapshots.get(hot)?.get(at) ?? Buffer.alloc(0));
      const { table, id } = onlyRow(later);
      copyRow(target, hot, later.seq, table, id);
      return {
        // The hole itself, and the two writes by which the in-band state is behind the rows.
        findings: [
          ['contiguity', hot, 1],
          ['contiguity', hot, 2],
          ['row-counts', hot, 1],
        ],
        lost: { [hot]: [at + 1, ...range(later.seq + 1, last(target, hot))] },
        recoveryPoint: { [hot]: at },
      };
    },
  },
  {
    name: 'rolled back to an older point',
    plant: (target) => {
      const { hot, scene, drilled } = target;
      const at = last(target, hot) - 7;
      placeDatabase(scene.dataDir, hot, drilled.snapshots.get(hot)?.get(at) ?? Buffer.alloc(0));
      return {
        findings: [],
        lost: { [hot]: range(at + 1, at + 7) },
        recoveryPoint: { [hot]: at },
        excused: true,
      };
    },
  },
  {
    name: 'rows rolled back, in-band state not',
    plant: (target) => {
      const { hot, scene, drilled } = target;
      const end = last(target, hot);
      const at = end - 2;
      const states = inBand(target, hot);
      placeDatabase(scene.dataDir, hot, drilled.snapshots.get(hot)?.get(at) ?? Buffer.alloc(0));
      setInBand(target, hot, states);
      const touched = historyOf(target, hot)
        .writes.slice(-2)
        .flatMap(({ effects }) => effects);
      const inserted = touched.filter(([, , before]) => before === null).length;
      return {
        findings: [
          ['row-counts', hot, inserted],
          ['content', hot, touched.length - inserted],
        ],
        lost: { [hot]: [end - 1, end] },
        recoveryPoint: { [hot]: at },
      };
    },
  },
  {
    name: 'in-band state rolled back, rows not',
    plant: (target) => {
      const { hot, scene, drilled } = target;
      const content = drilled.snapshots.get(hot)?.get(last(target, hot)) ?? Buffer.alloc(0);
      placeDatabase(
        scene.dataDir,
        hot,
        drilled.snapshots.get(hot)?.get(last(target, hot) - 3) ?? Buffer.alloc(0),
      );
      const states = inBand(target, hot);
      placeDatabase(scene.dataDir, hot, content);
      setInBand(target, hot, states);
      return { findings: [['contiguity', hot, 3]], recoveryPoint: { [hot]: last(target, hot) } };
    },
  },
  {
    name: 'in-band row edited to match the damage',
    plant: (target) => {
      const { hot } = target;
      const seq = dropMiddle(target);
      matchInBand(target, hot);
      return {
        findings: [
          ['row-counts', hot, 1],
          ['contiguity', hot, 1],
          ['content', hot, 1],
        ],
        lost: { [hot]: [seq] },
        recoveryPoint: { [hot]: seq - 1 },
      };
    },
  },
  {
    name: 'in-band digest edited alone',
    plant: (target) => {
      change(
        target,
        target.idle,
        "UPDATE _drill_tables SET digest = replace(digest, '0', '1') WHERE name = 'people'",
      );
      return { findings: [['content', target.idle, 1]] };
    },
  },
  {
    name: 'in-band number of a write never begun',
    plant: (target) => {
      change(target, target.hot, 'UPDATE _drill_state SET seq = seq + 1');
      return { findings: [['no-phantoms', target.hot, 1]] };
    },
  },
  {
    name: 'in-band number that is none',
    plant: (target) => {
      change(target, target.hot, 'UPDATE _drill_state SET seq = 0.5');
      return { findings: [['no-phantoms', target.hot, 1]] };
    },
  },
  {
    name: 'in-band state gone',
    plant: (target) => {
      change(target, target.hot, 'DELETE FROM _drill_state');
      return { findings: [['content', target.hot, 1]] };
    },
  },
  {
    name: 'in-band state twice',
    plant: (target) => {
      change(target, target.hot, 'INSERT INTO _drill_state VALUES (2, 1, 1)');
      return { findings: [['content', target.hot, 1]] };
    },
  },
  {
    name: 'in-band life of the future',
    plant: (target) => {
      change(target, target.hot, 'UPDATE _drill_state SET life = 2');
      return { findings: [['content', target.hot, 1]] };
    },
  },
  {
    name: 'foreign key broken',
    plant: (target) => {
      const { idle } = target;
      const id = seededId(target, idle, '_collections', "id <> 'people'");
      const rules = ask(target, idle, `SELECT count(*) FROM _access_rules WHERE collection_id = '${id}'`);
      change(
        target,
        idle,
        "UPDATE _access_rules SET collection_id = 'nowhere' WHERE collection_id = ?",
        [id],
        rules,
      );
      return {
        findings: [
          ['foreign-keys', idle, rules],
          ['row-counts', idle, rules],
          ['no-phantoms', idle, rules],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
];

function wrongSeeded(path: string, count: number): ReturnType<Fault['plant']> {
  return { findings: [['content', path, count]], lost: { [path]: [0] }, recoveryPoint: { [path]: 0 } };
}

/** Deletes the row of a record that a write in the middle created. Returns that write. */
function dropMiddle(target: Target): number {
  const write = lastingWrite(target, target.hot, 'record-create');
  const { table, id } = onlyRow(write);
  change(target, target.hot, `DELETE FROM "${table}" WHERE id = ?`, [id]);
  return write.seq;
}

function isCreate(target: Target, seq: number): boolean {
  const write = historyOf(target, target.hot).writes[seq - 1];
  const later = historyOf(target, target.hot).writes.slice(seq);
  const [effect] = write?.effects ?? [];
  return (
    write?.kind === 'record-create' &&
    !later.some(({ effects }) => effects.some(([table, key]) => table === effect?.[0] && key === effect[1]))
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

interface InBandRows {
  readonly seq: number;
  readonly tables: readonly (readonly [string, number, string])[];
}

function inBand({ scene }: Target, path: string): InBandRows {
  return edit(scene.dataDir, path, (db) => ({
    seq: Number(db.prepare('SELECT seq FROM _drill_state').pluck().get()),
    tables: db.prepare('SELECT name, rows, digest FROM _drill_tables').raw().all() as [
      string,
      number,
      string,
    ][],
  }));
}

function setInBand({ scene }: Target, path: string, rows: InBandRows): void {
  edit(scene.dataDir, path, (db) => {
    db.prepare('UPDATE _drill_state SET seq = ?').run(rows.seq);
    db.exec('DELETE FROM _drill_tables');
    for (const row of rows.tables) db.prepare('INSERT INTO _drill_tables VALUES (?, ?, ?)').run(...row);
  });
}

/** Makes the in-band rows say what the tables now hold. */
function matchInBand({ scene }: Target, path: string): void {
  edit(scene.dataDir, path, (db) => {
    for (const name of db.prepare('SELECT name FROM _drill_tables').pluck().all() as string[]) {
      const [count, digest] = scanTable(db, name);
      db.prepare('UPDATE _drill_tables SET rows = ?, digest = ? WHERE name = ?').run(count, digest, name);
    }
  });
}

function nextUp(value: number): number {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value);
  bytes.setBigUint64(0, bytes.getBigUint64(0) + 1n);
  return bytes.getFloat64(0);
}
