import type { Database } from 'better-sqlite3';
import { FULL_TEXT } from '../../fleet/shapes.ts';
import type { CheckId } from '../../evidence/checks.ts';
import type { Expected, Fault } from './fault.ts';
import { edit } from './scene.ts';
import { ask, change, execute, historyOf, lastingWrite, seededId, type Target, text } from './target.ts';

const { index } = FULL_TEXT;

/** Faults in what no collection of RustBaas has: full-text indexes, tables without rowid, generated columns, large values. */
export const SHAPE_FAULTS: readonly Fault[] = [
  fullTextFault('terms of a row missing from the full-text index', (target, id) => {
    const terms = termsOf(target, id);
    execute(target, target.idle, unindexSql(id));
    // FTS5 writes what it took out as a new segment, beside the row that is no longer counted.
    return { integrity: terms, content: '>0', 'no-phantoms': '>0', 'row-counts': 1 };
  }),
  fullTextFault('full-text index with a row that is not there', (target) => {
    execute(
      target,
      target.idle,
      `INSERT INTO ${index}(rowid, title, body) VALUES (99999, 'ghost one', 'ghost two')`,
    );
    return { integrity: 3, content: '>0', 'no-phantoms': '>0' };
  }),
  fullTextFault('row deleted, and the full-text index still has it', (target, id) => {
    const terms = termsOf(target, id);
    withoutTrigger(target, 'documents_delete', `DELETE FROM documents WHERE id = ${id}`);
    return { integrity: terms, 'row-counts': 1 };
  }),
  fullTextFault('row changed behind the full-text index', (target, id) => {
    const terms = termsOnlyIn(target, id, 'title');
    withoutTrigger(target, 'documents_update', `UPDATE documents SET title = '' WHERE id = ${id}`);
    return { integrity: terms, content: 1 };
  }),
  {
    name: 'page of the full-text index emptied',
    plant: (target) => {
      const { idle } = target;
      const leaf = ask(target, idle, `SELECT max(id) FROM ${index}_data WHERE id > 10`);
      change(target, idle, `UPDATE ${index}_data SET block = zeroblob(length(block)) WHERE id = ?`, [leaf]);
      // SQLite's own integrity_check reads full-text indexes too.
      return {
        findings: [
          ['integrity', idle, '>0'],
          ['integrity', idle, '>0'],
          ['content', idle, 1],
        ],
        lost: { [idle]: [0] },
      };
    },
  },
  fullTextFault('length of a row in the full-text index changed', (target, id) => {
    change(target, target.idle, `UPDATE ${index}_docsize SET sz = x'0101' WHERE id = ${id}`);
    return { integrity: '>0', content: 1 };
  }),
  fullTextFault(
    'setting of the full-text index changed',
    (target) => {
      change(target, target.idle, `INSERT INTO ${index}_config VALUES ('pgsz', 512)`);
      return { 'no-phantoms': 1 };
    },
    false,
  ),
  fullTextFault(
    'trigger that keeps the full-text index gone',
    (target) => {
      execute(target, target.idle, 'DROP TRIGGER documents_insert');
      return { schema: 1 };
    },
    false,
  ),
  {
    name: 'view gone',
    plant: (target) => {
      execute(target, target.idle, 'DROP VIEW line_totals');
      return { findings: [['schema', target.idle, 1]] };
    },
  },
  {
    name: 'row of a write gone from a table without rowid',
    plant: settingGone,
  },
  withoutRowid(
    'column of a row in a table without rowid changed',
    'content',
    (where) => `UPDATE settings SET value = 'other' WHERE ${where}`,
  ),
  withoutRowid(
    'seeded row gone from a table without rowid',
    'row-counts',
    (where) => `DELETE FROM settings WHERE ${where}`,
  ),
  {
    name: 'half of the key of a row in a table without rowid changed',
    plant: (target) => {
      const where = seededSetting(target);
      change(target, target.idle, `UPDATE settings SET scope = 'elsewhere' WHERE ${where}`);
      return {
        findings: [
          ['row-counts', target.idle, 1],
          ['no-phantoms', target.idle, 1],
        ],
        lost: { [target.idle]: [0] },
      };
    },
  },
  {
    name: 'stored generated value that its expression does not give',
    plant: (target) => {
      const id = seededId(target, target.idle, 'line_items');
      storeOtherTotal(target, id);
      return {
        findings: [
          ['content', target.idle, 1],
          ['integrity', target.idle, 1],
        ],
        lost: { [target.idle]: [0] },
      };
    },
  },
  {
    name: 'expression of a stored generated column changed in the schema',
    plant: (target) => {
      const rows = ask(target, target.idle, 'SELECT count(*) FROM line_items');
      execute(
        target,
        target.idle,
        rewriteSql('line_items', 'quantity * unit_cents', 'quantity + unit_cents'),
      );
      return {
        findings: [
          ['schema', target.idle, 1],
          ['integrity', target.idle, rows],
        ],
      };
    },
  },
  {
    name: 'expression of a virtual generated column changed in the schema',
    plant: (target) => {
      const rows = ask(target, target.idle, 'SELECT count(*) FROM line_items');
      execute(target, target.idle, rewriteSql('line_items', 'lower(label)', 'upper(label)'));
      // The index on the column has the old values.
      return {
        findings: [
          ['schema', target.idle, 1],
          ['content', target.idle, rows],
          ['integrity', target.idle, '>0'],
        ],
        lost: { [target.idle]: [0] },
      };
    },
  },
  {
    name: 'row that a generated column is made of changed',
    plant: (target) => {
      const id = seededId(target, target.idle, 'line_items');
      change(target, target.idle, 'UPDATE line_items SET quantity = quantity + 1 WHERE id = ?', [id]);
      return { findings: [['content', target.idle, 1]], lost: { [target.idle]: [0] } };
    },
  },
  largeBlob(
    'one byte in the middle of a large blob',
    (half) => `CAST(substr(bytes, 1, ${half}) || x'00' || substr(bytes, ${half} + 2) AS BLOB)`,
  ),
  largeBlob('large blob cut in half', (half) => `substr(bytes, 1, ${half})`),
  largeBlob(
    'end of a large blob zeroed',
    (half) => `CAST(substr(bytes, 1, ${half}) || zeroblob(${half}) AS BLOB)`,
  ),
  pageSize('page size changed by VACUUM, smaller', (pageBytes) => Math.max(1024, pageBytes / 2)),
  pageSize('page size changed by VACUUM, to the default', () => 4096),
  archiveFault('row gone from the archive', 'row-counts', 'DELETE FROM archive WHERE id = ?'),
  archiveFault(
    'one letter in a row of the archive',
    'content',
    "UPDATE archive SET body = substr(body, 1, 40000) || 'x' || substr(body, 40002) WHERE id = ?",
  ),
];

type Counts = Partial<Record<CheckId, number | '>0'>>;

/** In the idle app, where a seeded document that nothing touched is known by its id. */
function fullTextFault(name: string, plant: (target: Target, id: number) => Counts, losesRows = true): Fault {
  return {
    name,
    plant: (target) => {
      const counts = plant(target, Number(seededId(target, target.idle, 'documents')));
      const findings = (Object.keys(counts) as CheckId[]).map(
        (check) => [check, target.idle, counts[check] ?? 0] as const,
      );
      return { findings, ...(losesRows ? { lost: { [target.idle]: [0] } } : {}) };
    },
  };
}

function unindexSql(id: number): string {
  return `INSERT INTO ${index}(${index}, rowid, title, body) SELECT 'delete', id, title, body FROM documents WHERE id = ${id}`;
}

/** How many terms the full-text index has of a document: so many answers change when it goes. */
function termsOf(target: Target, id: number): number {
  return terms(target, 'SELECT count(DISTINCT term) FROM terms WHERE doc = ?', [id]);
}

/** Of them those that stand in one column alone. */
function termsOnlyIn(target: Target, id: number, column: string): number {
  return terms(
    target,
    'SELECT count(*) FROM (SELECT 1 FROM terms WHERE doc = ? GROUP BY term HAVING min(col) = ? AND max(col) = ?)',
    [id, column, column],
  );
}

function terms({ scene, idle }: Target, sql: string, values: readonly unknown[]): number {
  return edit(scene.dataDir, idle, (db: Database) => {
    db.exec(`CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, ${index}, instance)`);
    return Number(
      db
        .prepare(sql)
        .pluck()
        .get(...values),
    );
  });
}

/** Runs SQL on the idle app while a trigger is away, and puts it back word for word. */
function withoutTrigger(target: Target, trigger: string, sql: string): void {
  const own = text(target, target.idle, `SELECT sql FROM sqlite_schema WHERE name = '${trigger}'`);
  execute(target, target.idle, `DROP TRIGGER ${trigger}; ${sql}; ${own}`);
}

function withoutRowid(name: string, check: CheckId, sql: (where: string) => string): Fault {
  return {
    name,
    plant: (target) => {
      change(target, target.idle, sql(seededSetting(target)));
      return { findings: [[check, target.idle, 1]], lost: { [target.idle]: [0] } };
    },
  };
}

/** A condition that is true for one seeded row. */
function seededSetting(target: Target): string {
  return `name = '${seededId(target, target.idle, 'settings', 'value IS NOT NULL', 'name')}'`;
}

function settingGone(target: Target): Expected {
  const { hot } = target;
  const { seq, effects } = lastingWrite(target, hot, 'record-create', (write) =>
    write.effects.every(([of]) => of === 'settings'),
  );
  const key = JSON.parse(effects[0]?.[1] ?? '[]') as string[];
  change(target, hot, 'DELETE FROM settings WHERE scope = ? AND name = ?', key);
  return {
    findings: [
      ['row-counts', hot, 1],
      ['contiguity', hot, 1],
    ],
    lost: { [hot]: [seq] },
    recoveryPoint: { [hot]: seq - 1 },
  };
}

/** SQL that changes the text of a table in the schema and nothing else. */
function rewriteSql(table: string, from: string, to: string): string {
  return (
    'PRAGMA writable_schema = ON;' +
    ` UPDATE sqlite_schema SET sql = replace(sql, '${from}', '${to}') WHERE name = '${table}';` +
    ' PRAGMA writable_schema = OFF;'
  );
}

/** A stored value is written as an ordinary one while the schema says that it is one. */
function storeOtherTotal(target: Target, id: string): void {
  const { idle } = target;
  const own = text(target, idle, "SELECT sql FROM sqlite_schema WHERE name = 'line_items'");
  execute(target, idle, rewriteSql('line_items', ' GENERATED ALWAYS AS (quantity * unit_cents) STORED', ''));
  change(target, idle, 'UPDATE line_items SET total_cents = total_cents + 1 WHERE id = ?', [id]);
  execute(
    target,
    idle,
    rewriteSql(
      'line_items',
      'total_cents INTEGER,',
      'total_cents INTEGER GENERATED ALWAYS AS (quantity * unit_cents) STORED,',
    ),
  );
  if (text(target, idle, "SELECT sql FROM sqlite_schema WHERE name = 'line_items'") !== own)
    throw new Error('the schema is not as it was');
}

function largeBlob(name: string, value: (half: number) => string): Fault {
  return {
    name,
    plant: (target) => {
      const id = seededId(target, target.idle, 'attachments');
      const half = ask(target, target.idle, `SELECT length(bytes) / 2 FROM attachments WHERE id = '${id}'`);
      change(target, target.idle, `UPDATE attachments SET bytes = ${value(half)} WHERE id = ?`, [id]);
      return { findings: [['content', target.idle, 1]], lost: { [target.idle]: [0] } };
    },
  };
}

function pageSize(name: string, other: (pageBytes: number) => number): Fault {
  return {
    name,
    plant: (target) => {
      const path = target.idle;
      const now = ask(target, path, 'PRAGMA page_size');
      if (now !== historyOf(target, path).base.pageBytes)
        throw new Error(`${path} has pages of ${now} bytes`);
      execute(target, path, `PRAGMA page_size = ${other(now)}; VACUUM`);
      return { findings: [['schema', path, 1]] };
    },
  };
}

/** The app with the archive is written to: a seeded row that is missing is a hole before its writes. */
function archiveFault(name: string, check: CheckId, sql: string): Fault {
  return {
    name,
    plant: (target) => {
      const path = target.drilled.plan.databases.find(({ bulkMb }) => bulkMb !== undefined)?.path ?? '';
      change(target, path, sql, [seededId(target, path, 'archive', 'id <= 16')]);
      const hole = ['contiguity', path, 1] as const;
      return {
        findings: [[check, path, 1], ...(check === 'row-counts' ? [hole] : [])],
        lost: { [path]: [0] },
      };
    },
  };
}
