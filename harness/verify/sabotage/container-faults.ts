import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { realmFolder, realmPath } from '../../fleet/layout.ts';
import { placeOf } from '../places.ts';
import type { Fault } from './fault.ts';
import { setJournalMode } from './scene.ts';
import { change, execute, seededId, type Target } from './target.ts';

/** Faults of the file as SQLite sees it from outside: its format, its length, its pages, and what stands around it. */
export const CONTAINER_FAULTS: readonly Fault[] = [
  {
    name: "another tenant's pages appended to a file",
    plant: (target) => {
      appendFileSync(fileOf(target, target.idle), readFileSync(fileOf(target, target.hot)));
      return { findings: [['integrity', target.idle, 1]] };
    },
  },
  {
    name: 'half a page appended to a file',
    plant: (target) => {
      appendFileSync(fileOf(target, target.idle), Buffer.alloc(2048, 'left over '));
      return { findings: [['integrity', target.idle, 1]] };
    },
  },
  formatFault('page size other than the one it was made with', (target) =>
    execute(target, target.idle, 'PRAGMA page_size = 8192; VACUUM'),
  ),
  formatFault('auto_vacuum turned on', (target) =>
    execute(target, target.idle, 'PRAGMA auto_vacuum = FULL; VACUUM'),
  ),
  formatFault('journal mode of a file that was in WAL mode', (target) =>
    setJournalMode(target.scene.dataDir, target.idle, 'rollback'),
  ),
  {
    name: 'instant of creation in the identity row changed',
    plant: (target) => {
      change(target, target.idle, "UPDATE _drill_identity SET created_at = '1999-01-01T00:00:00+00:00'");
      return { findings: [['identity', target.idle, 1]] };
    },
  },
  {
    name: 'identity row twice',
    plant: (target) => {
      execute(
        target,
        target.idle,
        "INSERT INTO _drill_identity SELECT 'other', path, epoch, created_at FROM _drill_identity",
      );
      return { findings: [['identity', target.idle, 1]] };
    },
  },
  {
    name: 'identity row of this database with the path of another',
    plant: (target) => {
      change(target, target.idle, 'UPDATE _drill_identity SET path = ?', [target.hot]);
      return { findings: [['identity', target.idle, 1]] };
    },
  },
  {
    name: 'identity row of this database with a later epoch',
    plant: (target) => {
      change(target, target.idle, 'UPDATE _drill_identity SET epoch = epoch + 1');
      return { findings: [['identity', target.idle, 1]] };
    },
  },
  {
    name: 'databases of two realms exchanged',
    plant: (target) => {
      const [one, other] = [target.hot, target.idle].map((path) => realmPath(placeOf(path)?.realm ?? ''));
      if (one === undefined || other === undefined || one === other)
        throw new Error('hot and idle app are in one realm: choose another seed');
      const [a, b] = [fileOf(target, one), fileOf(target, other)];
      renameSync(a, `${a}.x`);
      renameSync(b, a);
      renameSync(`${a}.x`, b);
      return {
        findings: [
          ['identity', one, 1],
          ['identity', other, 1],
        ],
        lost: { [one]: 'everything', [other]: 'everything' },
      };
    },
  },
  {
    name: 'folder in the place of a -wal',
    plant: (target) => {
      mkdirSync(`${fileOf(target, target.hot)}-wal`);
      return { findings: [['clean-host', target.hot, 1]] };
    },
  },
  {
    name: '-wal of zero bytes',
    plant: (target) => {
      writeFileSync(`${fileOf(target, target.hot)}-wal`, '');
      return { findings: [['clean-host', target.hot, 1]] };
    },
  },
  {
    name: 'folder in the place of a database',
    plant: (target) => {
      rmSync(fileOf(target, target.idle));
      mkdirSync(fileOf(target, target.idle));
      return {
        findings: [
          ['inventory', target.idle, 1],
          ['invariants', realmPath(placeOf(target.idle)?.realm ?? ''), 1],
          ['clean-host', target.idle, 1],
        ],
        lost: { [target.idle]: 'everything' },
      };
    },
  },
  {
    name: 'empty folder of a tenant that never was',
    plant: (target) => {
      mkdirSync(join(target.scene.dataDir, realmFolder('nobody'), 'apps'), { recursive: true });
      return { findings: [['clean-host', null, 2]] };
    },
  },
  {
    name: 'database under a name in other letters',
    plant: (target) => {
      const file = join(dirname(fileOf(target, target.idle)), 'Data.db');
      copyFileSync(fileOf(target, target.idle), file);
      const path = target.idle.replace('data.db', 'Data.db');
      return {
        findings: [
          ['inventory', path, 1],
          ['clean-host', path, 1],
        ],
      };
    },
  },
  {
    name: 'pipe among the databases',
    plant: (target) => {
      execFileSync('mkfifo', [join(target.scene.dataDir, 'control')]);
      return { findings: [['clean-host', null, 1]] };
    },
  },
  modeFault('database that everybody on the host can read', 0o604),
  modeFault('database that everybody on the host can write', 0o602),
  {
    name: 'statistics of ANALYZE that nobody made',
    plant: (target) => {
      execute(target, target.idle, 'ANALYZE');
      return { findings: [['schema', target.idle, 1]] };
    },
  },
  {
    name: 'roots of two indexes exchanged',
    plant: (target) => {
      const { idle } = target;
      const [a, b] = ['audit_log_ts', 'sqlite_autoindex_users_1'];
      execute(
        target,
        idle,
        `PRAGMA writable_schema = ON;
         CREATE TEMP TABLE roots AS SELECT name, rootpage FROM sqlite_schema WHERE name IN ('${a}', '${b}');
         UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM temp.roots r WHERE r.name <> sqlite_schema.name)
          WHERE name IN ('${a}', '${b}');
         PRAGMA writable_schema = RESET;`,
      );
      return {
        findings: [
          ['integrity', idle, '>0'],
          ['foreign-keys', idle, '>0'],
        ],
      };
    },
  },
  {
    name: 'unused page that the list of unused pages does not have',
    plant: (target) => {
      const file = fileOf(target, target.idle);
      const bytes = Buffer.concat([readFileSync(file), Buffer.alloc(4096)]);
      bytes.writeUInt32BE(bytes.length / 4096, 28);
      writeFileSync(file, bytes);
      return { findings: [['integrity', target.idle, 1]] };
    },
  },
  textFault('a space at the end of a text', "email || ' '"),
  textFault('a byte that is no UTF-8 in a text', "CAST(CAST(email AS BLOB) || x'ff' AS TEXT)"),
  textFault('NUL and more after a text', "email || char(0) || 'more'"),
  textFault('a text in capitals', 'upper(email)'),
];

/** In the format of the idle app's file. */
function formatFault(name: string, plant: (target: Target) => void): Fault {
  return {
    name,
    plant: (target) => {
      plant(target);
      return { findings: [['schema', target.idle, 1]] };
    },
  };
}

/** In the mode of the idle app's file. */
function modeFault(name: string, mode: number): Fault {
  return {
    name,
    plant: (target) => {
      chmodSync(fileOf(target, target.idle), mode);
      return { findings: [['clean-host', target.idle, 1]] };
    },
  };
}

/** In one seeded text of the idle app. */
function textFault(name: string, expression: string): Fault {
  return {
    name,
    plant: (target) => {
      const { idle } = target;
      change(target, idle, `UPDATE users SET email = ${expression} WHERE id = ?`, [
        seededId(target, idle, 'users'),
      ]);
      return { findings: [['content', idle, 1]], lost: { [idle]: [0] }, recoveryPoint: { [idle]: 0 } };
    },
  };
}

function fileOf({ scene }: Target, path: string): string {
  return join(scene.dataDir, path);
}
