import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databaseId } from '../fleet/in-band.ts';
import { MIGRATIONS } from '../fleet/migrations.ts';
import { readLedger } from '../ledger/history.ts';
import { ledgerFile } from '../ledger/ledger-file.ts';
import { livingEqualLedger, seedSmall, smallScenario, withDatabase } from './fleet-fixture.ts';
import type { SeededFleet } from './fleet-fixture.ts';
import type { WriterLine, WriterOptions } from './options.ts';
import { runWriter } from './writer.ts';

/** Runs a writer in this process to the end of its load. */
async function write(
  fleet: SeededFleet,
  options: Partial<WriterOptions> = {},
  /** At the end of its load, with all handles open. */
  look: () => void = () => undefined,
): Promise<WriterLine[]> {
  const lines: WriterLine[] = [];
  const { writerIndex = 0 } = options;
  const descriptor = openSync(join(fleet.ledgerDir, `writer-${writerIndex}.ndjson`), 'a');
  const end = new AbortController();
  try {
    const running = runWriter({
      options: {
        planPath: '',
        dataDir: fleet.dataDir,
        ledgerDir: fleet.ledgerDir,
        writerIndex,
        life: 1,
        writesPerSecond: 5000,
        durationMs: 600,
        mode: 'load',
        ...options,
      },
      plan: fleet.plan,
      ledger: ledgerFile(descriptor),
      started: Promise.resolve(),
      ended: end.signal,
      say: (line) => {
        lines.push(line);
        // The load says a last figure when it is done; all of its writes are due by then.
        const expected = ((options.durationMs ?? 600) / 1000) * (options.writesPerSecond ?? 5000);
        if ('firstWrites' in line || ('acknowledged' in line && line.acknowledged >= expected)) {
          if (!end.signal.aborted) look();
          end.abort();
        }
      },
    });
    await running;
  } finally {
    closeSync(descriptor);
  }
  return lines;
}

describe('a writer', () => {
  it('leaves the fleet exactly as the ledger says, with realms and apps that come and go', async () => {
    const fleet = await seedSmall(
      smallScenario({
        fleet: { realms: 4, appsPerRealm: 3, rowsPerApp: { min: 30, max: 400 }, idleShare: 0.2 },
        workload: { duration: '500ms', newRealms: 1, newApps: 3, deletedRealms: 1, deletedApps: 2 },
      }),
      21,
    );
    try {
      await write(fleet);
      const databases = livingEqualLedger(fleet);
      const kinds = [...databases.values()].flatMap((database) => database.kinds);
      for (const kind of [
        'record-create',
        'record-update',
        'record-delete',
        'login',
        'token-issue',
        'file-upload',
      ]) {
        expect(kinds).toContain(kind);
      }
      const count = (kind: string): number => kinds.filter((one) => one === kind).length;
      expect(['realm-create', 'realm-delete', 'app-create', 'app-delete'].map(count)).toEqual([1, 1, 3, 2]);
      for (const { path, idle } of fleet.plan.databases) {
        if (idle) expect(databases.get(path)?.seq, `${path} is idle`).toBe(0);
      }
      expect([...databases.values()].filter(({ gone }) => gone)).toHaveLength(2 + 1 + 3);
      expect(databases.size).toBe(1 + 4 + 12 + 1 + 3);
      const lines = readFileSync(join(fleet.ledgerDir, 'writer-0.ndjson'), 'utf8').trim().split('\n');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ t: 'end' });
    } finally {
      fleet[Symbol.dispose]();
    }
  });

  it('migrates what it creates as RustBaas does, and keeps rows, blobs and collections together', async () => {
    const fleet = await seedSmall(
      smallScenario({ workload: { duration: '300ms', newRealms: 1, newApps: 2 } }),
      4,
    );
    try {
      await write(fleet, { durationMs: 300 });
      for (const [path, { kinds }] of livingEqualLedger(fleet)) {
        const kind = path.endsWith('data.db') ? 'app' : 'realm';
        if (!kinds.includes('migration')) continue;
        const steps = kinds.filter((step) => step.startsWith('migration'));
        expect(steps).toEqual(MIGRATIONS[kind].flatMap(() => ['migration', 'migration-row']));
      }
      for (const { path, kind } of fleet.plan.databases) {
        if (kind !== 'app') continue;
        const file = join(fleet.dataDir, path);
        withDatabase(file, (db) => {
          const collections = db.prepare('SELECT id FROM _collections').pluck().all() as string[];
          for (const id of collections)
            expect(db.prepare('SELECT count(*) FROM pragma_table_info(?)').pluck().get(id)).toBeGreaterThan(
              3,
            );
          const files = db.prepare('SELECT id, size FROM _files').all() as { id: string; size: number }[];
          for (const { id, size } of files)
            expect(readFileSync(join(file, '../storage', id))).toHaveLength(size);
        });
      }
    } finally {
      fleet[Symbol.dispose]();
    }
  });

  it('puts apps into place that were made elsewhere: each has its own identity, the rows and blobs of another, and a copied one its old times', async () => {
    const scenario = smallScenario({
      workload: { duration: '300ms', newApps: 6, newAppsBy: ['created', 'renamed', 'copied'] },
    });
    const fleet = await seedSmall(scenario, 5);
    const meta = '.data.db-litestream';
    for (const { path, kind } of fleet.plan.databases) {
      if (kind === 'app') {
        const level = join(fleet.dataDir, path, '..', meta, 'ltx', '0');
        mkdirSync(level, { recursive: true });
        for (const name of ['1-1.ltx', '2-2.ltx']) writeFileSync(join(level, name), '');
      }
    }
    try {
      await write(fleet, { durationMs: 300 });
      const databases = livingEqualLedger(fleet);
      const births = fleet.plan.changes.map(({ birth }) => birth?.by ?? 'created');
      expect(births.toSorted()).toEqual(['copied', 'copied', 'created', 'created', 'renamed', 'renamed']);
      for (const { birth, realm, app } of fleet.plan.changes) {
        if (birth === undefined) continue;
        const path = `realms/${realm}/apps/${app}/data.db`;
        const folder = join(fleet.dataDir, path, '..');
        const source = join(fleet.dataDir, `realms/${realm}/apps/${birth.from}/data.db`);
        const identity = (file: string): unknown =>
          withDatabase(file, (db) => db.prepare('SELECT path, database_id FROM _drill_identity').raw().get());
        expect(identity(join(folder, 'data.db'))).toEqual([path, databaseId(5, path, 1)]);
        expect(identity(source)).not.toEqual([path, databaseId(5, path, 1)]);
        expect(databases.get(path)?.kinds).not.toContain('migration');
        expect(readdirSync(folder).includes(meta)).toBe(birth.by === 'copied');
        const files = withDatabase(
          join(folder, 'data.db'),
          (db) => db.prepare('SELECT id FROM _files').pluck().all() as string[],
        );
        expect(readdirSync(join(folder, 'storage')).toSorted()).toEqual(files.toSorted());
        if (birth.by !== 'copied') continue;
        expect(statSync(join(folder, meta)).mtime.getFullYear()).toBe(2020);
        expect(readdirSync(join(folder, meta, 'ltx', '0'))).toEqual(['2-2.ltx']);
      }
      expect(readdirSync(join(fleet.folder, 'elsewhere'))).toEqual([]);
      const ledger = await readLedger(fleet.ledgerDir);
      expect(ledger.problems).toEqual([]);
    } finally {
      fleet[Symbol.dispose]();
    }
  });

  it.each([
    ['the application', undefined],
    ['a guest', 'guest'],
  ])('checkpoints when the scenario says so, and never at 0: %s', async (_, by) => {
    const longestWal = async (walAutocheckpointPages: number): Promise<number> => {
      const workload = { recordMix: { create: 1 }, walAutocheckpointPages };
      using fleet = await seedSmall(
        smallScenario({ fleet: { realms: 1, appsPerRealm: 1, idleShare: 0 }, workload }),
        9,
      );
      const path = fleet.plan.databases.find(({ kind }) => kind === 'app')?.path ?? '';
      const guest = by === undefined ? {} : { guest: { by, paths: [path], holdMs: 0 }, shared: true };
      let pages = 0;
      await write(fleet, { durationMs: 100, ...guest }, () => {
        pages = statSync(`${join(fleet.dataDir, path)}-wal`).size / 4120;
      });
      return pages;
    };
    // It looks after a commit, which may have come to more than one page.
    expect(await longestWal(50)).toBeLessThan(100);
    expect(await longestWal(0)).toBeGreaterThan(500);
  });

  it('touches only what is its own', async () => {
    const fleet = await seedSmall(smallScenario({ workload: { duration: '1s', writers: 2 } }), 9);
    try {
      await write(fleet, { writerIndex: 1, durationMs: 200 });
      const databases = livingEqualLedger(fleet);
      for (const { path, writer } of fleet.plan.databases) {
        if (writer !== 1) expect(databases.get(path)?.seq, path).toBe(0);
      }
      expect([...databases.values()].some(({ seq }) => seq > 0)).toBe(true);
    } finally {
      fleet[Symbol.dispose]();
    }
  });

  it('acknowledges a first write in every restored database, and names those that cannot take one', async () => {
    const fleet = await seedSmall(smallScenario(), 6);
    try {
      const paths = fleet.plan.databases.map(({ path }) => path);
      const lines = await write(fleet, {
        mode: 'first-writes',
        life: 2,
        paths: [...paths, 'realms/none/realm.db'],
      });
      expect(lines.at(-1)).toEqual({
        firstWrites: paths.length,
        failed: [{ path: 'realms/none/realm.db', error: expect.any(String) }],
      });
      const databases = livingEqualLedger(fleet);
      for (const path of paths) expect(databases.get(path)).toMatchObject({ seq: 1, kinds: ['first-write'] });
    } finally {
      fleet[Symbol.dispose]();
    }
  });

  it('does not begin without its databases', async () => {
    const fleet = await seedSmall(smallScenario(), 6);
    fleet[Symbol.dispose]();
    mkdirSync(fleet.ledgerDir, { recursive: true });
    try {
      await expect(write(fleet)).rejects.toThrow('Writer 0 cannot open system.db');
    } finally {
      fleet[Symbol.dispose]();
    }
  });
});
