import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { monotonicUs } from '../clock.ts';
import { randomFor } from '../random.ts';
import { databasesInBucket } from './bucket-layout.ts';
import { renderReplicateConfig } from './config.ts';
import Database from 'better-sqlite3';
import { appDatabases, openRig, type Rig, until } from './drill-rig.ts';
import { litestreamEnvironment } from './environment.ts';
import { litestreamUnderTest } from './under-test.ts';
import { restoreRule } from './version.ts';
import { markPosition, type Protection, ProtectionTracker, type WatchedDatabase } from './protection.ts';

const ROWS = 3000;
const binary = await litestreamUnderTest();
let rig: Rig;

afterEach(async () => rig[Symbol.asyncDispose]());

function replicate(databases: readonly WatchedDatabase[], replicateIntervalSec: number) {
  const config = join(rig.folder, 'litestream.yml');
  const { writer: settings, prefix } = rig.store;
  writeFileSync(
    config,
    renderReplicateConfig({ line: binary.line, databases, settings, prefix, replicateIntervalSec }),
  );
  const env = litestreamEnvironment(settings, process.env);
  return rig.track(spawn(binary.path, ['replicate', '-config', config], { env, stdio: 'ignore' }));
}

function newTracker(): ProtectionTracker {
  const { prefix, observer } = rig.store;
  return new ProtectionTracker({
    prefix,
    readObject: (key) => observer.get(key),
    rule: restoreRule(binary),
  });
}

async function look(tracker: ProtectionTracker, databases: readonly WatchedDatabase[]) {
  const nowUs = monotonicUs();
  const objects = await rig.store.observer.list(`${rig.store.prefix}/`);
  return tracker.observe(objects, databases, nowUs);
}

test.for([1, 2, 3])(
  'a kill during the first snapshots: what is claimed protected restores (seed %i)',
  async (seed) => {
    rig = await openRig();
    const databases = appDatabases(rig.dataDir, 120);
    const files = databases.map(({ file }) => file);
    const hammer = await rig.hammer({ files, rows: ROWS, writesPerSecond: 1000, rowsPerWrite: 5 });
    const litestream = replicate(databases, 1);
    const tracker = newTracker();
    const enough = randomFor(seed, 'kill').int(5, 60);
    let claims = new Map<string, Protection>();
    await until('enough databases are protected', async () => {
      claims = await look(tracker, databases);
      return [...claims.values()].filter(({ protectedUs }) => protectedUs !== null).length >= enough;
    });
    litestream.kill('SIGKILL');
    hammer.kill('SIGKILL');
    await rig.store.settle();

    const damaged: string[] = [];
    for (const { path } of databases) {
      if (claims.get(path)?.protectedUs == null) continue;
      const damage = await rig.findDamage(binary, path, ROWS);
      if (damage !== null) damaged.push(`${path}: ${damage}`);
    }
    const claimed = [...claims.values()].filter(({ protectedUs }) => protectedUs !== null).length;
    expect(claimed).toBeGreaterThanOrEqual(enough);
    expect(damaged).toEqual([]);
  },
);

test.runIf(binary.line === '0.3')(
  'a snapshot alone is no protection: some restore to damage with exit code 0',
  async () => {
    rig = await openRig();
    const databases = appDatabases(rig.dataDir, 120);
    const files = databases.map(({ file }) => file);
    const hammer = await rig.hammer({ files, rows: ROWS, writesPerSecond: 1000, rowsPerWrite: 5 });
    const litestream = replicate(databases, 1);
    const found = await until('twenty snapshots without a segment', async () => {
      const listed = databasesInBucket(await rig.store.observer.list('prod/'), 'prod');
      const bare = listed.filter(({ generations }) =>
        generations.every(({ segments }) => segments.length === 0),
      );
      return bare.length >= 20 && bare;
    });
    litestream.kill('SIGKILL');
    hammer.kill('SIGKILL');
    await rig.store.settle();
    const damages = [];
    for (const { path } of found) damages.push(await rig.findDamage(binary, path, ROWS));
    expect(damages.filter((damage) => damage !== null)).not.toEqual([]);
  },
);

test('idle databases become protected, and a later write is covered once it is in the bucket', async () => {
  rig = await openRig();
  // 0.5 cannot have a # in the path.
  const odd = `$HOME \${x}: ${binary.line === '0.3' ? '#1' : '1'}/ünï ☃.db`;
  const databases = [...appDatabases(rig.dataDir, 5), { path: odd, file: join(rig.dataDir, odd) }];
  const files = databases.map(({ file }) => file);
  const idle = await rig.hammer({ files, rows: 100, writesPerSecond: 0, rowsPerWrite: 1 });
  const litestream = replicate(databases, 1);
  const tracker = newTracker();
  await until('all are protected', async () => {
    const seen = await look(tracker, databases);
    return [...seen.values()].every(({ protectedUs }) => protectedUs !== null);
  });
  idle.kill('SIGKILL');
  litestream.kill('SIGSTOP');
  await rig.hammer({ files, rows: 200, writesPerSecond: 0, rowsPerWrite: 1 });
  const marks = new Map(databases.map(({ path, file }) => [path, markPosition(file, monotonicUs())]));
  await look(tracker, databases);
  const covered = async (): Promise<boolean[]> =>
    Promise.all([...marks].map(([path, mark]) => tracker.covers(path, mark)));
  expect(await covered()).toEqual(databases.map(() => false));
  litestream.kill('SIGCONT');
  await until('the writes are covered', async () => {
    await look(tracker, databases);
    return (await covered()).every(Boolean);
  });
  litestream.kill('SIGKILL');
  await rig.store.settle();
  for (const { path } of databases) expect(await rig.findDamage(binary, path, 200)).toBeNull();
});

test('a write of the time when no Litestream ran is not called protected', async () => {
  rig = await openRig();
  const databases = appDatabases(rig.dataDir, 1);
  const [file = ''] = databases.map((database) => database.file);
  const writer = await rig.hammer({ files: [file], rows: 100, writesPerSecond: 0, rowsPerWrite: 1 });
  const litestream = replicate(databases, 1);
  const tracker = newTracker();
  const isProtected = async (by: ReturnType<typeof newTracker>): Promise<boolean> =>
    [...(await look(by, databases)).values()].every(({ protectedUs }) => protectedUs !== null);
  await until('it is protected', () => isProtected(tracker));
  const ended = [writer, litestream].map((child) => once(child, 'exit'));
  for (const child of [writer, litestream]) child.kill('SIGKILL');
  await Promise.all(ended);
  const db = new Database(file);
  db.exec('CREATE TABLE downtime (x)');
  db.close(); // the last one to close puts all into the file and takes the WAL away
  expect(await isProtected(newTracker())).toBe(false);
});
