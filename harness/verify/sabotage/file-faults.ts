import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { realmPath } from '../../fleet/layout.ts';
import { RESTORED_FROM } from '../../supervisor/restored-from.ts';
import { placeOf } from '../places.ts';
import type { Fault } from './fault.ts';
import { placeDatabase } from './scene.ts';
import { ask, execute, historyOf, type Target, text } from './target.ts';

const isRoot = process.getuid?.() === 0;

/** Faults of whole files, of pages, and of what lies beside. */
export const FILE_FAULTS: readonly Fault[] = [
  {
    name: 'file missing',
    plant: (target) => {
      rmSync(fileOf(target, target.idle));
      return absent(target, target.idle);
    },
  },
  {
    name: 'file of zero bytes',
    plant: (target) => {
      truncateSync(fileOf(target, target.idle), 0);
      return absent(target, target.idle);
    },
  },
  {
    name: 'empty database (the missing-file trap)',
    plant: (target) => {
      const file = fileOf(target, target.idle);
      rmSync(file);
      const db = new Database(file);
      db.exec('VACUUM');
      db.close();
      chmodSync(file, 0o600);
      return { findings: [['integrity', target.idle, 1]], lost: { [target.idle]: 'everything' } };
    },
  },
  {
    name: 'no database at all',
    plant: (target) => {
      writeFileSync(
        fileOf(target, target.idle),
        'this is not a database, but it is long enough to look at'.repeat(90),
      );
      return { findings: [['integrity', target.idle, 1]], lost: { [target.idle]: 'everything' } };
    },
  },
  {
    name: "another tenant's file",
    plant: (target) => {
      copyFileSync(fileOf(target, target.hot), fileOf(target, target.idle));
      return { findings: [['identity', target.idle, 1]], lost: { [target.idle]: 'everything' } };
    },
  },
  {
    name: 'two apps exchanged',
    plant: (target) => {
      const [a, b] = [fileOf(target, target.hot), fileOf(target, target.idle)];
      renameSync(a, `${a}.x`);
      renameSync(b, a);
      renameSync(`${a}.x`, b);
      return {
        findings: [
          ['identity', target.idle, 1],
          ['identity', target.hot, 1],
        ],
        lost: { [target.idle]: 'everything', [target.hot]: 'everything' },
      };
    },
  },
  {
    name: 'same tenant, older epoch',
    plant: (target) => {
      execute(target, target.idle, "UPDATE _drill_identity SET database_id = 'before', epoch = 0");
      return { findings: [['identity', target.idle, 1]], lost: { [target.idle]: 'everything' } };
    },
  },
  {
    name: 'identity row gone',
    plant: (target) => {
      execute(target, target.idle, 'DELETE FROM _drill_identity');
      return { findings: [['identity', target.idle, 1]] };
    },
  },
  {
    name: 'deleted realm resurrected',
    plant: (target) => {
      const { ledger, dataDir } = target.scene;
      const gone = [...ledger.databases.values()].filter(
        ({ deletedUs, path }) => deletedUs !== null && placeOf(path)?.kind === 'realm',
      );
      const [realm] = gone;
      if (realm === undefined) throw new Error('no realm was deleted: choose another seed');
      const content = [...(target.drilled.snapshots.get(realm.path)?.values() ?? [])].at(-1);
      placeDatabase(dataDir, realm.path, content ?? Buffer.alloc(0));
      // Its realm.db registers apps that were removed with it.
      return { findings: [['inventory', realm.path, 1]] };
    },
  },
  {
    name: 'file of a tenant that never was',
    plant: (target) => {
      const file = fileOf(target, realmPath('nobody'));
      mkdirSync(dirname(file), { recursive: true });
      copyFileSync(fileOf(target, target.realm), file);
      return { findings: [['inventory', realmPath('nobody'), 1]] };
    },
  },
  {
    name: 'stray database',
    plant: (target) => {
      const path = 'hooks/acme/cache.db';
      mkdirSync(dirname(fileOf(target, path)), { recursive: true });
      copyFileSync(fileOf(target, target.realm), fileOf(target, path));
      return {
        findings: [
          ['inventory', path, 1],
          ['clean-host', path, 1],
        ],
      };
    },
  },
  {
    name: 'stale -wal with frames in it',
    plant: (target) => {
      staleWal(target, target.hot);
      return { findings: [['clean-host', target.hot, 1]] };
    },
  },
  {
    name: '-shm and -journal left behind',
    plant: (target) => {
      for (const suffix of ['-shm', '-journal']) writeFileSync(fileOf(target, target.hot) + suffix, '');
      return { findings: [['clean-host', target.hot, 2]] };
    },
  },
  {
    name: 'leftovers of a restore (.tmp)',
    plant: (target) => {
      for (const suffix of ['.tmp', '.tmp-1']) writeFileSync(fileOf(target, target.hot) + suffix, 'x');
      return { findings: [['clean-host', target.hot, 2]] };
    },
  },
  {
    name: "more under the name of the restore's word than a word",
    plant: (target) => {
      writeFileSync(join(target.scene.dataDir, RESTORED_FROM), 'x'.repeat(5000));
      return { findings: [['clean-host', null, 1]] };
    },
  },
  {
    name: "the restore's word where none belongs",
    plant: (target) => {
      writeFileSync(join(dirname(fileOf(target, target.hot)), RESTORED_FROM), '{}');
      return { findings: [['clean-host', null, 1]] };
    },
  },
  {
    name: "Litestream's own folder",
    plant: (target) => {
      const folder = join(dirname(fileOf(target, target.hot)), '.data.db-litestream');
      mkdirSync(join(folder, 'generations'), { recursive: true });
      return { findings: [['clean-host', target.hot, 2]] };
    },
  },
  {
    name: 'unreadable mode',
    varies: 'root reads it all the same; for anybody else integrity fails too, and everything in it is lost',
    plant: (target) => {
      chmodSync(fileOf(target, target.idle), 0);
      if (isRoot) return { findings: [['clean-host', target.idle, 1]] };
      return {
        findings: [
          ['clean-host', target.idle, 1],
          ['integrity', target.idle, 1],
        ],
        lost: { [target.idle]: 'everything' },
      };
    },
  },
  {
    name: 'read-only mode',
    plant: (target) => {
      chmodSync(fileOf(target, target.idle), 0o400);
      return { findings: [['clean-host', target.idle, 1]] };
    },
  },
  {
    name: 'link to a file elsewhere (the dead disk)',
    plant: (target) => {
      const file = fileOf(target, target.idle);
      const elsewhere = join(dirname(target.scene.dataDir), 'elsewhere.db');
      renameSync(file, elsewhere);
      symlinkSync(elsewhere, file);
      const expected = absent(target, target.idle);
      return { ...expected, findings: [...expected.findings, ['clean-host', target.idle, 1]] };
    },
  },
  {
    name: 'hard link to a file elsewhere',
    plant: (target) => {
      linkSync(fileOf(target, target.idle), join(dirname(target.scene.dataDir), 'elsewhere.db'));
      return { findings: [['clean-host', target.idle, 1]] };
    },
  },
  {
    name: "dead host's disk within reach",
    plant: (target) => {
      mkdirSync(target.scene.deadDataDir, { recursive: true });
      return { findings: [['clean-host', null, 1]] };
    },
  },
  {
    name: 'file cut in half',
    plant: (target) => {
      const file = fileOf(target, target.idle);
      truncateSync(file, Math.floor(readFileSync(file).length / 8192) * 4096);
      return { findings: [['integrity', target.idle, 1]], lost: { [target.idle]: 'everything' } };
    },
  },
  {
    name: 'page of a table overwritten',
    plant: (target) => {
      const file = fileOf(target, target.idle);
      const page = ask(
        target,
        target.idle,
        "SELECT pageno FROM dbstat WHERE name = 'people' AND pagetype = 'leaf' ORDER BY pageno DESC LIMIT 1",
      );
      const bytes = readFileSync(file);
      bytes.fill(0xa5, (page - 1) * 4096, page * 4096);
      writeFileSync(file, bytes);
      return {
        findings: [
          ['integrity', target.idle, '>0'],
          ['row-counts', target.idle, '>0'],
        ],
        lost: { [target.idle]: [0] },
        recoveryPoint: { [target.idle]: 0 },
      };
    },
  },
  {
    name: 'first page overwritten',
    plant: (target) => {
      const file = fileOf(target, target.idle);
      const bytes = readFileSync(file);
      bytes.fill(0, 0, 4096);
      writeFileSync(file, bytes);
      return { findings: [['integrity', target.idle, 1]], lost: { [target.idle]: 'everything' } };
    },
  },
  {
    name: 'index entry missing',
    plant: (target) => {
      const { idle } = target;
      const defined = (where: string): string =>
        `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX audit_log_ts ON audit_log(ts)${where}' WHERE name = 'audit_log_ts'; PRAGMA writable_schema = RESET;`;
      execute(target, idle, defined(' WHERE id <> 1'));
      execute(target, idle, 'REINDEX audit_log_ts');
      execute(target, idle, defined(''));
      // The row that is not in the index, and the number of entries.
      return { findings: [['integrity', idle, 2]] };
    },
  },
  schemaFault('index gone', 'DROP INDEX audit_log_ts'),
  schemaFault(
    'a space more in the definition of an index',
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'CREATE INDEX', 'CREATE  INDEX') WHERE name = 'audit_log_ts'; PRAGMA writable_schema = RESET",
  ),
  {
    name: 'unique index gone',
    plant: (target) => {
      const index = text(
        target,
        'system.db',
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE UNIQUE INDEX%'",
      );
      execute(target, 'system.db', `DROP INDEX ${index}`);
      return { findings: [['schema', 'system.db', 1]] };
    },
  },
  schemaFault('trigger added', 'CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END'),
  schemaFault('view added', 'CREATE VIEW v AS SELECT * FROM users'),
  schemaFault('column added', 'ALTER TABLE users ADD COLUMN extra TEXT'),
  {
    name: 'empty table added',
    plant: (target) => {
      execute(target, target.idle, 'CREATE TABLE extra (id INTEGER PRIMARY KEY)');
      return {
        findings: [
          ['schema', target.idle, 1],
          ['invariants', target.idle, 1],
        ],
      };
    },
  },
  schemaFault('user_version changed', 'PRAGMA user_version = 7'),
  schemaFault('application_id changed', 'PRAGMA application_id = 7'),
  {
    name: 'column gone',
    plant: (target) => {
      const { idle } = target;
      const rows = ask(target, idle, 'SELECT count(*) FROM audit_log WHERE details_json IS NOT NULL');
      execute(target, idle, 'ALTER TABLE audit_log DROP COLUMN details_json');
      return {
        findings: [
          ['schema', idle, 1],
          ['content', idle, rows],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
  {
    name: 'table of RustBaas gone',
    plant: (target) => {
      const { idle } = target;
      const rows = ask(target, idle, 'SELECT count(*) FROM audit_log');
      execute(target, idle, 'DROP TABLE audit_log');
      return {
        findings: [
          ['integrity', idle, 1],
          ['schema', idle, 1],
          ['row-counts', idle, rows],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
];

function schemaFault(name: string, sql: string): Fault {
  return {
    name,
    plant: (target) => {
      execute(target, target.idle, sql);
      return { findings: [['schema', target.idle, 1]] };
    },
  };
}

function fileOf({ scene }: Target, path: string): string {
  return join(scene.dataDir, path);
}

/** A registered database is not back: its own absence, and the row that points to nothing. */
function absent(target: Target, path: string): ReturnType<Fault['plant']> {
  const parent = realmPath(placeOf(path)?.realm ?? '');
  if (!target.scene.ledger.databases.has(parent)) throw new Error(`${path} is not registered`);
  return {
    findings: [
      ['inventory', path, 1],
      ['invariants', parent, 1],
    ],
    lost: { [path]: 'everything' },
  };
}

/** A `-wal` whose frames fit the file: whoever opens it in the usual way applies them. */
function staleWal(target: Target, path: string): void {
  const file = fileOf(target, path);
  const copy = join(dirname(target.scene.dataDir), 'copy.db');
  copyFileSync(file, copy);
  const db = new Database(copy);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  copyFileSync(copy, file);
  db.exec('DELETE FROM audit_log');
  copyFileSync(`${copy}-wal`, `${file}-wal`);
  db.close();
  if (historyOf(target, path).writes.length === 0) throw new Error('the target must have writes');
}
