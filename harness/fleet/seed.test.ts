import { createDecipheriv } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BaseRecord, LedgerRecord } from '../ledger/records.ts';
import { seedSmall, scanDatabase, smallScenario, withDatabase } from '../workload/fleet-fixture.ts';
import type { SeededFleet } from '../workload/fleet-fixture.ts';
import { sqlType } from './collections.ts';
import type { Collection } from './collections.ts';
import { secretBytes } from './credentials.ts';
import { readInBand } from './in-band.ts';
import { MIGRATIONS } from './migrations.ts';
import { effectivePolicies } from './policies.ts';
import type { Policies, Policy } from './policies.ts';

const scenario = smallScenario({ fleet: { realms: 4, appsPerRealm: 3, rowsPerApp: { min: 20, max: 800 } } });
let fleet: SeededFleet;

beforeAll(async () => {
  fleet = await seedSmall(scenario, 11);
});
afterAll(() => fleet[Symbol.dispose]());

function records({ ledgerDir }: SeededFleet): LedgerRecord[] {
  const lines = readFileSync(join(ledgerDir, 'seed.ndjson'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as LedgerRecord);
}

function bases(seeded: SeededFleet): BaseRecord[] {
  return records(seeded).filter((record) => record.t === 'base');
}

function eachDatabase(body: (file: string, path: string, kind: 'system' | 'realm' | 'app') => void): void {
  for (const { path, kind } of fleet.plan.databases) body(join(fleet.dataDir, path), path, kind);
}

describe('seedFleet', () => {
  it('gives the same fleet for the same seed, and another for another', async () => {
    const again = await seedSmall(scenario, 11);
    const other = await seedSmall(scenario, 12);
    try {
      expect(again.summary).toEqual(fleet.summary);
      const baseline = 'baseline/system.db.ndjson';
      expect(readFileSync(join(again.ledgerDir, baseline))).toEqual(
        readFileSync(join(fleet.ledgerDir, baseline)),
      );
      const withoutClock = (seeded: SeededFleet): object[] =>
        records(seeded).map((record) => ({ ...record, at: 0 }));
      expect(withoutClock(again)).toEqual(withoutClock(fleet));
      expect(other.summary.fleetDigest).not.toBe(fleet.summary.fleetDigest);
    } finally {
      again[Symbol.dispose]();
      other[Symbol.dispose]();
    }
  });

  it('writes to the ledger and in band what the files hold', () => {
    for (const base of bases(fleet)) {
      const file = join(fleet.dataDir, base.db);
      const found = scanDatabase(file);
      expect(Object.fromEntries(found.tables)).toEqual(base.tables);
      expect(found.schema).toBe(base.schema);
      const inBand = withDatabase(file, readInBand);
      expect(inBand).toEqual({ seq: 0, life: 1, tables: new Map(Object.entries(base.tables)) });
      const rows = readFileSync(join(fleet.ledgerDir, base.rows ?? ''), 'utf8')
        .trim()
        .split('\n');
      expect(rows).toHaveLength(Object.values(base.tables).reduce((sum, [count]) => sum + count, 0));
      for (const row of rows)
        expect(JSON.parse(row)).toEqual([
          expect.any(String),
          expect.stringMatching(/^\[.*\]$/),
          expect.stringMatching(/^[0-9a-f]{64}$/),
        ]);
    }
  });

  it('seeds as many rows as planned, and says how many', () => {
    let total = 0;
    for (const base of bases(fleet)) {
      const planned = fleet.plan.databases.find(({ path }) => path === base.db);
      const rows = Object.values(base.tables).reduce((sum, [count]) => sum + count, 0);
      expect(rows).toBeGreaterThanOrEqual(planned?.rows ?? Infinity);
      if ((planned?.rows ?? 0) > 50) expect(rows).toBe(planned?.rows);
      total += rows;
    }
    expect(fleet.summary).toMatchObject({ databases: 17, realms: 4, apps: 12, rows: total });
  });

  it('leaves WAL databases that are sound, migrated, and without a broken reference', () => {
    eachDatabase((file, path, kind) =>
      withDatabase(file, (db) => {
        expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
        expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
        expect(db.pragma('foreign_key_check')).toEqual([]);
        const ids = db.prepare('SELECT id FROM _migrations ORDER BY id').pluck().all();
        expect(ids, path).toEqual(MIGRATIONS[kind].map(({ id }) => id));
      }),
    );
  });

  it('describes every collection in _collections as its table is', () => {
    const kinds = new Set<string>();
    eachDatabase((file, path, kind) => {
      if (kind !== 'app') return;
      withDatabase(file, (db) => {
        const rows = db.prepare('SELECT id, name, schema_json FROM _collections').all() as {
          id: string;
          name: string;
          schema_json: string;
        }[];
        expect(rows.length).toBeGreaterThanOrEqual(2);
        for (const row of rows) {
          const { id, fields } = JSON.parse(row.schema_json) as Collection;
          expect([id, row.name]).toEqual([row.id, row.id]);
          for (const field of fields) kinds.add(field.kind);
          const columns = db.prepare('SELECT name, type, "notnull" FROM pragma_table_info(?)').raw().all(id);
          expect(columns.slice(3), path).toEqual(
            fields.map((field) => [field.name, sqlType(field.kind), Number(field.required)]),
          );
        }
      });
    });
    expect([...kinds].toSorted()).toEqual([
      'bool',
      'date',
      'email',
      'file',
      'json',
      'number',
      'relation',
      'text',
      'url',
    ]);
  });

  it('puts every blob that _files promises beside the database, in its size', () => {
    let blobs = 0;
    eachDatabase((file, _path, kind) => {
      if (kind !== 'app') return;
      const storage = join(file, '../storage');
      const rows = withDatabase(file, (db) => db.prepare('SELECT id, size FROM _files').all()) as {
        id: string;
        size: number;
      }[];
      for (const { id, size } of rows) expect(statSync(join(storage, id)).size).toBe(size);
      expect(readdirSync(storage)).toHaveLength(rows.length);
      blobs += rows.length;
    });
    expect(blobs).toBe(fleet.summary.blobs);
    expect(blobs).toBeGreaterThan(10);
  });

  it('registers every realm and app in its parent, and master without a file', () => {
    const realms = withDatabase(join(fleet.dataDir, 'system.db'), (db) =>
      db.prepare('SELECT id FROM realms').pluck().all(),
    ) as string[];
    expect(realms.toSorted()).toEqual([...readdirSync(join(fleet.dataDir, 'realms')), 'master'].toSorted());
    expect(existsSync(join(fleet.dataDir, 'realms/master'))).toBe(false);
    for (const realm of realms.filter((id) => id !== 'master')) {
      const folder = join(fleet.dataDir, 'realms', realm);
      const apps = withDatabase(join(folder, 'realm.db'), (db) =>
        db.prepare('SELECT id FROM apps ORDER BY id').pluck().all(),
      );
      expect(apps).toEqual(readdirSync(join(folder, 'apps')).toSorted());
    }
  });

  it('keeps OAuth secrets that the KEK in system.db opens', () => {
    const kek = withDatabase(join(fleet.dataDir, 'system.db'), (db) =>
      db.prepare("SELECT value FROM _secrets WHERE name = 'oauth_kek'").pluck().get(),
    ) as Buffer;
    expect(kek).toEqual(secretBytes(11, 'oauth_kek'));
    const largest = fleet.plan.databases.toSorted((a, b) => b.rows - a.rows)[0];
    const sealed = withDatabase(join(fleet.dataDir, largest?.path ?? ''), (db) =>
      db.prepare('SELECT client_secret_enc FROM oauth_providers').pluck().all(),
    ) as string[];
    expect(sealed).toHaveLength(2);
    for (const text of sealed) {
      const bytes = Buffer.from(text, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', kek, bytes.subarray(0, 12)).setAuthTag(
        bytes.subarray(-16),
      );
      const secret = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString();
      expect(secret).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it('narrows policies from system to realm to app', () => {
    const system = policiesOf('system.db');
    let compared = 0;
    for (const { path, kind, realm } of fleet.plan.databases) {
      if (kind === 'system') continue;
      const parent =
        kind === 'realm' ? system : effectivePolicies(system, policiesOf(`realms/${realm}/realm.db`));
      for (const [field, policy] of Object.entries(policiesOf(path))) {
        expect(narrows(policy, parent[field]), `${path} ${field}`).toBe(true);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('refuses a folder that holds a fleet, and says so', async () => {
    const { seedFleet } = await import('./seed.ts');
    const { plan, dataDir, folder } = fleet;
    await expect(seedFleet({ plan, dataDir, ledgerDir: join(folder, 'other') })).rejects.toThrow(
      'system.db could not be seeded',
    );
  });
});

function policiesOf(path: string): Policies {
  const rows = withDatabase(join(fleet.dataDir, path), (db) =>
    db.prepare('SELECT field, policy_json FROM policies').raw().all(),
  ) as [string, string][];
  return Object.fromEntries(rows.map(([field, json]) => [field, JSON.parse(json) as Policy]));
}

function narrows(child: Policy, parent: Policy | undefined): boolean {
  if (parent === undefined) return false;
  if (child.kind === 'range' && parent.kind === 'range')
    return child.min >= parent.min && child.max <= parent.max && child.min <= child.max;
  if (child.kind === 'enum_set' && parent.kind === 'enum_set')
    return child.allowed.every((item) => parent.allowed.includes(item));
  if (child.kind === 'toggle' && parent.kind === 'toggle' && parent.state === 'locked')
    return child.state === 'locked' && child.value === parent.value;
  return child.kind === parent.kind;
}
