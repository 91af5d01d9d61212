import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobContent } from '../../fleet/blobs.ts';
import { blobPath, realmPath } from '../../fleet/layout.ts';
import { placeOf } from '../places.ts';
import type { Fault } from './fault.ts';
import { ask, change, execute, idOf, lastingWrite, seededId, type Target } from './target.ts';

/** Faults against what RustBaas takes for granted, inside a file and across files. */
export const RUSTBAAS_FAULTS: readonly Fault[] = [
  {
    name: '_collections row without its table',
    plant: (target) => {
      const { idle } = target;
      const rows = ask(target, idle, 'SELECT count(*) FROM people');
      execute(target, idle, 'DROP TABLE people');
      return {
        findings: [
          ['invariants', idle, 1],
          ['schema', idle, 1],
          ['row-counts', idle, rows],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
  {
    name: 'table without its _collections row',
    plant: (target) => {
      const { idle } = target;
      const rules = ask(target, idle, "SELECT count(*) FROM _access_rules WHERE collection_id = 'people'");
      change(target, idle, "DELETE FROM _collections WHERE id = 'people'");
      return {
        findings: [
          ['invariants', idle, 1],
          ['row-counts', idle, 1],
          ['foreign-keys', idle, rules],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
  {
    name: 'schema_json does not fit the columns',
    plant: (target) => {
      const { idle } = target;
      change(
        target,
        idle,
        `UPDATE _collections SET schema_json = replace(schema_json, '"name":"age"', '"name":"years"') WHERE id = 'people'`,
      );
      return {
        findings: [
          ['invariants', idle, 1],
          ['content', idle, 1],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
  {
    name: 'migration row missing',
    plant: (target) => {
      const { idle } = target;
      change(target, idle, "DELETE FROM _migrations WHERE id = '20260601_000001_app_users'");
      return {
        findings: [
          ['invariants', idle, 1],
          ['row-counts', idle, 1],
        ],
        lost: { [idle]: [0] },
        recoveryPoint: { [idle]: 0 },
      };
    },
  },
  {
    name: 'migration of another version',
    plant: (target) => {
      const { realm } = target;
      change(
        target,
        realm,
        "INSERT INTO _migrations VALUES ('20260606_000001_workspace_user_identity', '2026-06-06T00:00:00+00:00', 1)",
      );
      return {
        findings: [
          ['invariants', realm, 1],
          ['no-phantoms', realm, 1],
        ],
      };
    },
  },
  {
    name: 'app row without data.db',
    plant: (target) => {
      const { realm } = target;
      change(target, realm, "INSERT INTO apps VALUES ('ghost', 'Ghost', '2026-01-01T00:00:00+00:00')");
      return {
        findings: [
          ['invariants', realm, 1],
          ['no-phantoms', realm, 1],
        ],
      };
    },
  },
  {
    name: 'data.db without app row',
    plant: (target) => {
      const { idle } = target;
      const place = placeOf(idle);
      const parent = realmPath(place?.realm ?? '');
      const admins = ask(
        target,
        parent,
        `SELECT count(*) FROM app_admins WHERE app_id = '${place?.app ?? ''}'`,
      );
      change(target, parent, 'DELETE FROM apps WHERE id = ?', [place?.app]);
      const holes = target.scene.ledger.databases.get(parent)?.writes.length ?? 0;
      return {
        findings: [
          ['invariants', idle, 1],
          ['row-counts', parent, 1],
          ['foreign-keys', parent, admins],
          ...(holes > 0 ? [['contiguity', parent, 1] as const] : []),
        ],
        lost: { [parent]: [0] },
        recoveryPoint: { [parent]: 0 },
      };
    },
  },
  {
    name: 'realm row without realm.db',
    plant: (target) => {
      change(
        target,
        target.system,
        "INSERT INTO realms VALUES ('ghost', 'Ghost', 0, '2026-01-01T00:00:00+00:00')",
      );
      return {
        findings: [
          ['invariants', target.system, 1],
          ['no-phantoms', target.system, 1],
        ],
      };
    },
  },
  {
    name: 'realm.db without realm row',
    plant: (target) => {
      const { system, realm } = target;
      change(target, system, 'DELETE FROM realms WHERE id = ?', [placeOf(realm)?.realm]);
      return {
        findings: [
          ['invariants', realm, 1],
          ['row-counts', system, 1],
          ['contiguity', system, 1],
        ],
        lost: { [system]: [0] },
        recoveryPoint: { [system]: 0 },
      };
    },
  },
  {
    name: "policy wider than its parent's",
    plant: (target) => {
      const { realm } = target;
      const field = seededId(
        target,
        realm,
        'policies',
        "field IN ('password.length', 'session.ttl_minutes', 'upload.max_bytes')",
        'field',
      );
      change(
        target,
        realm,
        `UPDATE policies SET policy_json = '{"kind":"range","min":0,"max":99999999}' WHERE field = ?`,
        [field],
      );
      return {
        findings: [
          ['invariants', realm, 1],
          ['content', realm, 1],
        ],
        lost: { [realm]: [0] },
        recoveryPoint: { [realm]: 0 },
      };
    },
  },
  {
    name: '_files row without its blob',
    plant: (target) => {
      const path = withFiles(target);
      rmSync(blobOf(target, path, seededId(target, path, '_files')));
      return { findings: [['blobs', path, 1]] };
    },
  },
  {
    name: 'blob of another size',
    plant: (target) => {
      const path = withFiles(target);
      writeFileSync(blobOf(target, path, seededId(target, path, '_files')), '');
      return { findings: [['blobs', path, 1]] };
    },
  },
  {
    name: 'blobs of the right size with other bytes',
    plant: (target) => {
      const path = withFiles(target);
      const first = seededId(target, path, '_files');
      const second = seededId(target, path, '_files', `id <> '${first}'`);
      for (const blob of [first, second].map((id) => blobOf(target, path, id)))
        writeFileSync(blob, Buffer.alloc(readFileSync(blob).length));
      return { findings: [['blobs', path, 2]] };
    },
  },
  {
    name: 'blob of another file of this size',
    plant: (target) => {
      const path = withFiles(target);
      const blob = blobOf(target, path, seededId(target, path, '_files'));
      writeFileSync(blob, blobContent('another', readFileSync(blob).length));
      return { findings: [['blobs', path, 1]] };
    },
  },
  {
    name: 'one bit of a blob turned',
    plant: (target) => {
      const path = withFiles(target);
      const blob = blobOf(target, path, seededId(target, path, '_files'));
      const bytes = readFileSync(blob);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(blob, bytes);
      return { findings: [['blobs', path, 1]] };
    },
  },
  {
    name: 'blob of a fresh upload of the right size with other bytes',
    plant: (target) => {
      const blob = freshBlob(target);
      writeFileSync(blob, Buffer.alloc(readFileSync(blob).length));
      return { findings: [['blobs', target.hot, 1]] };
    },
  },
  {
    name: 'blob of a fresh upload cut short, with other bytes',
    plant: (target) => {
      writeFileSync(freshBlob(target), 'x');
      return { findings: [['blobs', target.hot, 1]] };
    },
  },
];

/** A seeded app that has files. */
function withFiles(target: Target): string {
  const path = target.drilled.plan.databases.find(
    (planned) =>
      planned.kind === 'app' &&
      target.scene.ledger.databases.get(planned.path)?.deletedUs === null &&
      planned.rows >= 100,
  )?.path;
  if (path === undefined) throw new Error('no app has files: choose another seed');
  return path;
}

function blobOf({ scene }: Target, path: string, id: string): string {
  const place = placeOf(path);
  return join(scene.dataDir, blobPath(place?.realm ?? '', place?.app ?? '', id));
}

/** The blob of a file that was uploaded during the load. */
function freshBlob(target: Target): string {
  const [effect] = lastingWrite(target, target.hot, 'file-upload').effects;
  return blobOf(target, target.hot, idOf(effect?.[1] ?? '[]'));
}
