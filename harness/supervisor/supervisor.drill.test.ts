import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import Database from 'better-sqlite3';
import { parse } from 'yaml';
import { monotonicUs } from '../clock.ts';
import { hammerBody } from '../litestream/hammer-process.ts';
import { appDatabases, openRig, type Rig, until } from '../litestream/drill-rig.ts';
import { databasesInBucket } from '../litestream/bucket-layout.ts';
import { metaFolder } from '../litestream/local-position.ts';
import { historyOf, litestreamUnderTest } from '../litestream/under-test.ts';
import { restoreRule } from '../litestream/version.ts';
import { markPosition, ProtectionTracker, type WatchedDatabase } from '../litestream/protection.ts';
import { openS3 } from '../store/s3-client.ts';
import { endReplicators, findReplicators } from './orphans.ts';
import type { Status } from './status.ts';
import { runSupervisor } from './supervisor.ts';

const binary = await litestreamUnderTest();
const is03 = binary.line === '0.3';
const SUPERVISE = new URL('../commands/supervise.ts', import.meta.url).href;
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  mkdirSync(rig.dataDir);
  configure();
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  for (const { pid } of findReplicators(yml())) process.kill(pid, 'SIGKILL');
});

function configure(lines: Readonly<Record<string, unknown>> = {}): void {
  const values = { enabled: true, bucket: 'drill', prefix: 'prod', replicate_interval_sec: 1, ...lines };
  const section = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(
    join(rig.folder, 'rustbase.toml'),
    [`data_dir = ${JSON.stringify(rig.dataDir)}`, '[litestream]', ...section, ''].join('\n'),
  );
}

function environment(): Record<string, string> {
  const { accessKeyId, secretAccessKey, region, endpoint } = rig.store.writer;
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: rig.folder,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_ENDPOINT_URL_S3: endpoint ?? '',
  };
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly stderr: () => string;
}

function start(litestream: string | null = binary.path): Started {
  const config = join(rig.folder, 'rustbase.toml');
  const options = JSON.stringify({ config, ...(litestream === null ? {} : { litestream }) });
  const code = `import { supervise } from ${JSON.stringify(SUPERVISE)}; process.exitCode = await supervise(${options});`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code],
    {
      env: environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  rig.track(child);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-5_000_000);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, stderr: () => stderr };
}

function yml(): string {
  return join(rig.dataDir, 'litestream.yml');
}

function status(): Status | null {
  const file = join(rig.dataDir, 'litestream-status.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Status) : null;
}

async function allProtected(count: number): Promise<Status> {
  return until(`${count} databases are protected`, () => {
    const now = status();
    return now?.databases.length === count && now.databases.every((one) => one.protected) && now;
  });
}

function configuredFiles(): string[] {
  const parsed = parse(readFileSync(yml(), 'utf8')) as { dbs: { path: string }[] };
  return parsed.dbs.map(({ path }) => path);
}

async function seeded(
  count: number,
  options: { writesPerSecond: number; rows?: number; rowsPerWrite?: number },
) {
  const databases = appDatabases(rig.dataDir, count);
  const files = databases.map(({ file }) => file);
  const { writesPerSecond, rows = 50, rowsPerWrite = 1 } = options;
  return { databases, hammer: await rig.hammer({ files, rows, writesPerSecond, rowsPerWrite }) };
}

async function expectSound(databases: readonly WatchedDatabase[], rows: number): Promise<void> {
  for (const { path } of databases) expect(await rig.findDamage(binary, path, rows), path).toBeNull();
}

/** A bucket in which a snapshot is further than level 0: its host died before it had uploaded what the snapshot was made of. */
async function leaveSnapshotAhead(path: string): Promise<void> {
  const { saboteur, observer } = rig.store;
  if (saboteur === undefined) throw new Error('this store lets nobody plant anything');
  const [found] = databasesInBucket(await observer.list(`prod/${path}/`), 'prod');
  const snapshot = found?.ltx.findLast(({ level }) => level === 9);
  const later = found?.ltx.filter(({ level, maxTxid }) => level < 9 && maxTxid >= (snapshot?.maxTxid ?? 0));
  const client = openS3(saboteur);
  await client.remove(later?.map(({ key }) => key) ?? []);
  client.close();
}

test.skipIf(is03)('a snapshot that is ahead of its own parts costs the next host nothing', async () => {
  const { databases, hammer } = await seeded(1, { writesPerSecond: 100 });
  const first = start();
  await allProtected(1);
  const path = databases[0]?.path ?? '';
  await until('a snapshot is in the bucket', async () => {
    const keys = (await rig.store.observer.list(`prod/${path}/`)).map(({ key }) => key);
    return keys.some((key) => key.includes('/0009/'));
  });
  for (const child of [hammer, first.child]) child.kill('SIGKILL');
  await endReplicators(yml(), 0);
  await leaveSnapshotAhead(path);
  // Another host: it has the data in one file, and no past with Litestream.
  const file = databases[0]?.file ?? '';
  rmSync(metaFolder(file), { recursive: true });
  const db = new Database(file);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
  rmSync(join(rig.dataDir, 'litestream-status.json'));
  const rows = 5000;
  const later = await rig.hammer({
    files: databases.map(({ file }) => file),
    rows,
    writesPerSecond: 20,
    rowsPerWrite: 1,
  });
  start();
  await allProtected(1);
  later.kill('SIGKILL');
  await expectSound(databases, rows);
});

/** A door in front of the store that can be shut. */
async function openDoor(endpoint: string) {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  let shut = false;
  const server = createServer((inner) => {
    if (shut) {
      inner.destroy();
      return;
    }
    const outer = connect(Number(port), hostname);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from));
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut: (): void => {
      shut = true;
      for (const socket of sockets) socket.destroy();
    },
    open: (): void => {
      shut = false;
    },
    close: (): void => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Whether everything that stands in the databases now has come to the bucket. */
async function caughtUp(databases: readonly WatchedDatabase[]): Promise<void> {
  const marks = databases.map(({ path, file }) => ({ path, mark: markPosition(file, monotonicUs()) }));
  const { prefix, observer } = rig.store;
  const tracker = new ProtectionTracker({
    prefix,
    readObject: (key) => observer.get(key),
    rule: restoreRule(binary),
  });
  await until('what was written is in the bucket', async () => {
    const nowUs = monotonicUs();
    await tracker.observe(await observer.list('prod/'), databases, nowUs);
    const covered = await Promise.all(marks.map(({ path, mark }) => tracker.covers(path, mark)));
    return covered.every(Boolean);
  });
}

test('survives a hundred kills of its child in a row, and loses no database', async () => {
  const { databases, hammer } = await seeded(6, { writesPerSecond: 100 });
  const stop = new AbortController();
  const logged: string[] = [];
  const running = runSupervisor({
    config: join(rig.folder, 'rustbase.toml'),
    litestream: binary.path,
    env: environment(),
    log: { write: (_level, msg) => void logged.push(msg) },
    stop: stop.signal,
    kill: new AbortController().signal,
    backoff: { firstMs: 5, maxMs: 40, stableMs: 10_000, crashLoopExits: 5 },
  });
  let last = 0;
  for (let kill = 1; kill <= 100; kill++) {
    const pid = await until(`a new child before kill ${kill}`, () => {
      const alive = findReplicators(yml());
      expect(alive.length).toBeLessThanOrEqual(1);
      return alive[0]?.pid !== last && alive[0]?.pid;
    });
    process.kill(pid, 'SIGKILL');
    last = pid;
  }
  await until('the crash loop is told', () => status()?.child.state === 'crash-loop');
  await caughtUp(databases);
  expect(logged.filter((msg) => msg === 'litestream ended by itself').length).toBe(100);
  expect(status()?.child.restarts).toBeGreaterThanOrEqual(99);
  hammer.kill('SIGKILL');
  stop.abort();
  await running;
  expect(findReplicators(yml())).toEqual([]);
  await expectSound(databases, 50);
});

test('a supervisor killed with SIGKILL leaves an orphan, which the next one ends', async () => {
  const { databases } = await seeded(3, { writesPerSecond: 0 });
  const first = start();
  await allProtected(3);
  const orphan = findReplicators(yml())[0];
  if (orphan === undefined) throw new Error('no child');
  process.kill(orphan.pid, 'SIGSTOP');
  first.child.kill('SIGKILL');
  await first.ended;
  expect(findReplicators(yml())).toEqual([orphan]);
  const second = start();
  const successor = await until('a new child', () =>
    findReplicators(yml()).find(({ pid }) => pid !== orphan.pid),
  );
  expect(findReplicators(yml())).toEqual([successor]);
  await until('the new status', () => status()?.supervisor.pid === second.child.pid);
  await allProtected(3);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
  await expectSound(databases, 50);
});

test('a registered database whose file is missing is told, and the others stay protected', async () => {
  const { databases } = await seeded(2, { writesPerSecond: 20 });
  const realm = join(rig.dataDir, 'realms/acme/realm.db');
  const db = new Database(realm);
  db.pragma('journal_mode = WAL');
  db.exec("CREATE TABLE apps (id TEXT PRIMARY KEY); INSERT INTO apps VALUES ('app-0'), ('app-1'), ('lost')");
  db.close();
  const run = start();
  const now = await until('it is told', () => {
    const seen = status();
    return seen !== null && seen.missing.length > 0 && seen.databases.every((one) => one.protected) && seen;
  });
  expect(now.missing).toEqual([
    { path: 'realms/acme/apps/lost/data.db', registeredIn: 'realms/acme/realm.db' },
  ]);
  expect(now.databases).toHaveLength(databases.length + 1);
  // What the child logs comes through a pipe, later than its status file.
  await until('the log has it', () => run.stderr().includes('realms/acme/apps/lost/data.db'));
  await expectSound(databases, 50);
});

test('SIGTERM under live writes ends it within its stop timeout', async () => {
  configure({ stop_timeout_sec: 2 });
  await seeded(60, { writesPerSecond: 1500, rowsPerWrite: 3 });
  const { child, ended } = start();
  await allProtected(60);
  const startMs = performance.now();
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(performance.now() - startMs).toBeLessThan(2000 + 1500);
  expect(findReplicators(yml())).toEqual([]);
  expect(status()?.child).toMatchObject({ state: 'stopped', pid: null });
});

test('a Litestream that does not react to SIGTERM is killed when the stop timeout is over', async () => {
  configure({ stop_timeout_sec: 1 });
  await seeded(1, { writesPerSecond: 0 });
  const { child, ended } = start();
  await allProtected(1);
  for (const { pid } of findReplicators(yml())) process.kill(pid, 'SIGSTOP');
  const startMs = performance.now();
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(performance.now() - startMs).toBeGreaterThan(1000);
  expect(performance.now() - startMs).toBeLessThan(2500);
  expect(findReplicators(yml())).toEqual([]);
});

test('a second signal ends it at once', async () => {
  configure({ stop_timeout_sec: 60 });
  await seeded(1, { writesPerSecond: 0 });
  const { child, ended, stderr } = start();
  await allProtected(1);
  for (const { pid } of findReplicators(yml())) process.kill(pid, 'SIGSTOP');
  child.kill('SIGTERM');
  await until('it is stopping', () => stderr().includes('"msg":"stopping"'));
  child.kill('SIGTERM');
  const startMs = performance.now();
  expect(await ended).toBe(0);
  expect(performance.now() - startMs).toBeLessThan(2000);
  expect(findReplicators(yml())).toEqual([]);
});

test('an upload that Litestream has given up is cured, though nothing is written any more', async () => {
  const { databases, hammer } = await seeded(2, { writesPerSecond: 0 });
  hammer.kill('SIGKILL');
  const door = await openDoor(rig.store.writer.endpoint ?? '');
  const stop = new AbortController();
  const logged: string[] = [];
  const running = runSupervisor({
    config: join(rig.folder, 'rustbase.toml'),
    litestream: binary.path,
    env: { ...environment(), AWS_ENDPOINT_URL_S3: door.endpoint },
    log: { write: (_level, msg) => void logged.push(msg) },
    stop: stop.signal,
    kill: new AbortController().signal,
    stallMs: 2000,
  });
  await allProtected(2);
  door.shut();
  await seeded(2, { writesPerSecond: 0, rows: 80 });
  // 0.5 tries on for longer than this test will wait.
  if (is03) await until('Litestream has given up', () => logged.includes('monitor error'));
  else await sleep(5000);
  door.open();
  await caughtUp(databases);
  // 0.5 may have come back to it by itself before.
  if (is03) expect(logged).toContain('uploads have stalled; litestream is started anew');
  stop.abort();
  await running;
  door.close();
  await expectSound(databases, 80);
});

test('a new database is caught within one interval, a removed one leaves, the others keep their generation', async () => {
  configure({ replicate_interval_sec: 5 });
  const { databases, hammer } = await seeded(10, { writesPerSecond: 50 });
  start();
  await allProtected(10);
  const generations = databases.map(({ file }) => historyOf(binary, file));

  const added = { path: 'realms/new/realm.db', file: join(rig.dataDir, 'realms/new/realm.db') };
  const createdMs = performance.now();
  await rig.hammer({ files: [added.file], rows: 5, writesPerSecond: 0, rowsPerWrite: 1 });
  await until('the new one is in the bucket', async () => {
    return (await rig.store.observer.list(`prod/${added.path}/${is03 ? 'generations' : '0000'}/`)).length > 0;
  });
  expect(performance.now() - createdMs).toBeLessThan(5000);
  await allProtected(11);
  expect(databases.map(({ file }) => historyOf(binary, file))).toEqual(generations);

  hammer.kill('SIGKILL');
  const removed = databases[3];
  if (removed === undefined) throw new Error('no database');
  rmSync(join(removed.file, '..'), { recursive: true });
  await until('the removed one has left', () => !configuredFiles().includes(removed.file));
  const left = databases.filter((one) => one !== removed);
  expect(configuredFiles()).toEqual([...left, added].map(({ file }) => file).toSorted());
  await allProtected(10);
  expect(left.map(({ file }) => historyOf(binary, file))).toEqual(generations.filter((_, i) => i !== 3));
  expect((await rig.store.observer.list(`prod/${removed.path}/`)).length).toBeGreaterThan(0);
  await expectSound([...left, added], 5);
});

// At 5 s a Litestream 0.5 is told of it, at 1 s it is replaced.
test.for(is03 ? [1] : [1, 5])(
  "a copied app folder, with what Litestream keeps of another app in it, is not taken for a past of the copy's own (interval %i s)",
  async (replicate_interval_sec) => {
    configure({ replicate_interval_sec });
    const { databases, hammer } = await seeded(2, { writesPerSecond: 50 });
    start();
    await allProtected(2);
    await sleep(3000);
    hammer.kill('SIGKILL');
    const source = databases[0]?.file ?? '';
    const elsewhere = join(rig.folder, 'elsewhere');
    execFileSync('cp', ['-a', join(source, '..'), elsewhere]);
    // What is uploaded is dropped here after five minutes, in an app of some age.
    if (!is03) {
      const level = join(metaFolder(join(elsewhere, 'data.db')), 'ltx', '0');
      const first = readdirSync(level).toSorted().slice(0, -1);
      expect(first.length).toBeGreaterThan(0);
      for (const name of first) rmSync(join(level, name));
    }
    const copy = {
      path: 'realms/acme/apps/copy/data.db',
      file: join(rig.dataDir, 'realms/acme/apps/copy/data.db'),
    };
    renameSync(elsewhere, join(copy.file, '..'));
    await allProtected(3);
    const rows = 5000;
    const later = await rig.hammer({ files: [copy.file], rows, writesPerSecond: 20, rowsPerWrite: 1 });
    await sleep(2000);
    later.kill('SIGKILL');
    await caughtUp([...databases, copy]);
    await rig.store.settle();
    await expectSound(databases, 50);
    await expectSound([copy], rows);
  },
);

test.for([1, 5])(
  'a database deleted and made anew at its path comes back as the new one (interval %i s)',
  async (replicate_interval_sec) => {
    configure({ replicate_interval_sec });
    const { databases } = await seeded(3, { writesPerSecond: 0 });
    const [reborn, ...others] = databases;
    if (reborn === undefined) throw new Error('no database');
    const files = [reborn.file];
    const anew = { files, rowsPerWrite: 1, anew: true };
    // The former one is the larger: what Litestream would copy from it is there.
    const former = await rig.hammer({ ...anew, rows: 3000, writesPerSecond: 0 });
    start();
    await allProtected(3);
    former.kill('SIGKILL');
    const writer = await rig.hammer({ ...anew, rows: 2000, writesPerSecond: 50 });
    await sleep(4000);
    await caughtUp(databases);
    writer.kill('SIGKILL');
    await rig.store.settle();
    expect(await rig.findDamage(binary, reborn.path, 2000)).toBeNull();
    expect(await rig.findDamage(binary, reborn.path, 3000)).toMatch(/^2\d{3} rows instead of 3000$/);
    await expectSound(others, 50);
  },
);

// At 5 s Litestream lets it go when it is told to, at 1 s when it is replaced.
test.for(is03 ? [1] : [1, 5])(
  'a database made anew before Litestream has let the former go comes back as the new one (interval %i s)',
  async (replicate_interval_sec) => {
    configure({ replicate_interval_sec });
    const { databases } = await seeded(3, { writesPerSecond: 0 });
    const [reborn, ...others] = databases;
    if (reborn === undefined) throw new Error('no database');
    const anew = { rowsPerWrite: 1, anew: true, writesPerSecond: 0 };
    const newcomer = join(rig.folder, 'newcomer.db');
    const maker = await rig.hammer({ ...anew, files: [newcomer], rows: 2000 });
    maker.stdin?.end();
    await new Promise((resolve) => maker.once('close', resolve));
    // The former one is the larger: what Litestream would copy from it is there.
    const former = await rig.hammer({ ...anew, files: [reborn.file], rows: 3000 });
    start();
    await allProtected(3);
    former.kill('SIGKILL');
    const [replicator] = findReplicators(yml());
    if (replicator === undefined) throw new Error('no replicator');
    if (replicate_interval_sec === 5) process.kill(replicator.pid, 'SIGSTOP');
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${reborn.file}${suffix}`);
    const stopMs = performance.now() + 10_000;
    while (configuredFiles().includes(reborn.file)) {
      if (performance.now() > stopMs) throw new Error('the supervisor has not seen that it is gone');
      await sleep(1);
    }
    // All but the last of its rows is in the file alone.
    renameSync(newcomer, reborn.file);
    const db = new Database(reborn.file);
    const insert = db.prepare('INSERT INTO rows (seq, body) VALUES (?, ?)');
    for (let seq = 2001; seq <= 2050; seq++) insert.run(seq, hammerBody(seq));
    process.kill(replicator.pid, 'SIGCONT');
    const writer = await rig.hammer({ files: [reborn.file], rows: 0, rowsPerWrite: 1, writesPerSecond: 50 });
    await sleep(4000);
    await caughtUp(databases);
    writer.kill('SIGKILL');
    db.close();
    await rig.store.settle();
    expect(await rig.findDamage(binary, reborn.path, 2050)).toBeNull();
    await expectSound(others, 50);
  },
);

// 0.3.13 destroys the living file when it takes a snapshot after a copy: docs/known-bad-builds.md.
test.skipIf(is03)('a database replaced again and again within seconds comes back as the last', async () => {
  const { databases } = await seeded(2, { writesPerSecond: 0 });
  const [replaced, ...others] = databases;
  if (replaced === undefined) throw new Error('no database');
  const anew = { rowsPerWrite: 1, anew: true, writesPerSecond: 0 };
  // The former ones are the larger: what Litestream would copy from them is there.
  const sizes = [5000, 4000, 3000, 2000];
  const copies = sizes.map((rows) => join(rig.folder, `${rows}.db`));
  for (const [nth, file] of copies.entries()) {
    const maker = await rig.hammer({ ...anew, files: [file], rows: sizes[nth] ?? 0 });
    maker.stdin?.end();
    await new Promise((resolve) => maker.once('close', resolve));
  }
  start();
  await allProtected(2);
  let writer: Awaited<ReturnType<typeof rig.hammer>> | null = null;
  for (const [nth, copy] of copies.entries()) {
    writer?.kill('SIGKILL');
    await sleep(100);
    for (const suffix of ['-wal', '-shm']) rmSync(`${replaced.file}${suffix}`, { force: true });
    if (nth === 0) renameSync(copy, replaced.file);
    else copyFileSync(copy, replaced.file);
    const rows = (sizes[nth] ?? 0) + 1;
    writer = await rig.hammer({ files: [replaced.file], rows, rowsPerWrite: 1, writesPerSecond: 50 });
    await sleep(1300);
  }
  await sleep(4000);
  await caughtUp(databases);
  writer?.kill('SIGKILL');
  await rig.store.settle();
  expect(await rig.findDamage(binary, replaced.path, 2000)).toBeNull();
  expect(await rig.findDamage(binary, replaced.path, 3000)).toMatch(/^2\d{3} rows instead of 3000$/);
  await expectSound(others, 50);
});

test.for(['made anew', 'moved into its place'])(
  'a database %s while the supervisor is dead comes back as the new one',
  async (how) => {
    const { databases } = await seeded(2, { writesPerSecond: 0 });
    const [reborn, ...others] = databases;
    if (reborn === undefined) throw new Error('no database');
    const anew = { files: [reborn.file], rowsPerWrite: 1, anew: true };
    const former = await rig.hammer({ ...anew, rows: 3000, writesPerSecond: 0 });
    const first = start();
    await allProtected(2);
    first.child.kill('SIGKILL');
    await first.ended;
    former.kill('SIGKILL');
    // The orphan still has the former file open, and finds the WAL of another one beside it.
    if (how === 'made anew') await rig.hammer({ ...anew, rows: 2000, writesPerSecond: 50 });
    else {
      const staged = join(rig.folder, 'staged.db');
      const maker = await rig.hammer({ ...anew, files: [staged], rows: 2000, writesPerSecond: 0 });
      maker.stdin?.end();
      await new Promise((resolve) => maker.once('close', resolve));
      for (const suffix of ['-wal', '-shm']) {
        rmSync(`${reborn.file}${suffix}`, { force: true });
        rmSync(`${staged}${suffix}`, { force: true });
      }
      renameSync(staged, reborn.file);
      await rig.hammer({ files: [reborn.file], rows: 2001, rowsPerWrite: 1, writesPerSecond: 50 });
    }
    await sleep(2500);
    start();
    await sleep(3000);
    await caughtUp(databases);
    await rig.store.settle();
    expect(await rig.findDamage(binary, reborn.path, 2000)).toBeNull();
    expect(await rig.findDamage(binary, reborn.path, 3000)).toMatch(/^2\d{3} rows instead of 3000$/);
    await expectSound(others, 50);
  },
);

test.for(['litestream', 'the supervisor'])(
  'what was written and checkpointed while %s was dead comes back',
  async (who) => {
    const { databases, hammer } = await seeded(2, { writesPerSecond: 0, rows: 300 });
    hammer.kill('SIGKILL');
    const [cut] = databases;
    if (cut === undefined) throw new Error('no database');
    // An application that goes on: it has the database open all the time.
    const application = new Database(cut.file);
    application.pragma('wal_autocheckpoint = 0');
    let rows = 300;
    const write = (count: number): void => {
      const insert = application.prepare('INSERT INTO rows (seq, body) VALUES (?, ?)');
      for (const end = rows + count; rows < end; rows++) insert.run(rows + 1, hammerBody(rows + 1));
    };
    const first = start();
    await allProtected(2);
    write(40);
    await until('the bucket has it', () => status()?.databases.every((one) => one.protected));
    await sleep(1500);
    const [child] = findReplicators(yml());
    if (child === undefined) throw new Error('no child');
    // Nothing is started meanwhile.
    if (who === 'litestream') process.kill(first.child.pid ?? 0, 'SIGSTOP');
    else {
      first.child.kill('SIGTERM');
      await first.ended;
    }
    if (who === 'litestream') process.kill(child.pid, 'SIGKILL');
    // The first of these were never uploaded. The WAL begins anew, and the frames that were uploaded last still lie in it.
    write(30);
    application.pragma('wal_checkpoint(RESTART)');
    write(2);
    if (who === 'litestream') process.kill(first.child.pid ?? 0, 'SIGCONT');
    else start();
    await until('a new child', () => findReplicators(yml()).find(({ pid }) => pid !== child.pid));
    write(1);
    await sleep(3000);
    application.close();
    await rig.store.settle();
    expect(await rig.findDamage(binary, cut.path, rows)).toBeNull();
    await expectSound(databases, 300);
  },
);

test('busy databases keep their generation while Litestream is replaced', async () => {
  configure({ replicate_interval_sec: 2 });
  const { databases } = await seeded(12, { writesPerSecond: 120, rows: 500, rowsPerWrite: 60 });
  const { stderr } = start();
  await allProtected(12);
  // From a thousand pages on, the application checkpoints with every commit and begins its WAL anew when it can.
  const large = ({ file }: WatchedDatabase): boolean => statSync(`${file}-wal`).size > 4_200_000;
  await until('the WALs have grown', () => databases.every(large), 60_000);
  const generations = databases.map(({ file }) => historyOf(binary, file));
  for (let added = 1; added <= 4; added++) {
    const file = join(rig.dataDir, `realms/new-${added}/realm.db`);
    await rig.hammer({ files: [file], rows: 5, writesPerSecond: 0, rowsPerWrite: 1 });
    await allProtected(12 + added);
  }
  expect(stderr().match(/"msg":"replacing litestream","held":1\d,/g)?.length).toBe(4);
  expect(databases.map(({ file }) => historyOf(binary, file))).toEqual(generations);
});

test('the config is private, holds no key, and its intervals and endpoint are set', async () => {
  await seeded(1, { writesPerSecond: 0 });
  start();
  await allProtected(1);
  expect(statSync(yml()).mode & 0o777).toBe(0o600);
  const text = readFileSync(yml(), 'utf8');
  expect(text).not.toContain(rig.store.writer.accessKeyId);
  expect(text).not.toContain(rig.store.writer.secretAccessKey);
  const replica = { endpoint: rig.store.writer.endpoint };
  expect(parse(text)).toMatchObject({ dbs: [is03 ? { replicas: [replica] } : { replica }] });
});

test('disabled: the child is ended, the config is not made anew, the bucket is left', async () => {
  await seeded(2, { writesPerSecond: 0 });
  const first = start();
  await allProtected(2);
  first.child.kill('SIGKILL');
  await first.ended;
  rmSync(yml());
  const before = (await rig.store.observer.list('prod/')).map(({ key }) => key);
  configure({ enabled: false });
  expect(await start().ended).toBe(0);
  expect(findReplicators(yml())).toEqual([]);
  expect(existsSync(yml())).toBe(false);
  const after = (await rig.store.observer.list('prod/')).map(({ key }) => key);
  expect(after).toEqual(expect.arrayContaining(before));
});

test('a second supervisor on the same fleet is refused and the first goes on', async () => {
  await seeded(1, { writesPerSecond: 0 });
  const first = start();
  await allProtected(1);
  const children = findReplicators(yml());
  const second = start();
  expect(await second.ended).toBe(2);
  expect(second.stderr()).toMatch(/DRILL_E_SUPERVISOR_LOCKED.*\n.*why:.*\n.*do:/);
  expect(second.stderr()).toContain(`process ${first.child.pid}`);
  expect(findReplicators(yml())).toEqual(children);
});

test('a bucket that is not there, a store that is not there, a Litestream that is not there: nothing is started', async () => {
  await seeded(1, { writesPerSecond: 0 });
  configure({ bucket: 'no-such-bucket' });
  const bucket = start();
  expect(await bucket.ended).toBe(3);
  expect(bucket.stderr()).toMatch(/DRILL_E_STORE_REFUSED.*no-such-bucket/);
  configure();
  const missing = start('/no/such/litestream');
  expect(await missing.ended).toBe(2);
  expect(missing.stderr()).toMatch(/DRILL_E_LITESTREAM_MISSING/);
  await rig.store[Symbol.asyncDispose]();
  const store = start();
  expect(await store.ended).toBe(3);
  expect(store.stderr()).toMatch(/DRILL_E_STORE_UNREACHABLE/);
  expect(existsSync(yml())).toBe(false);
});

test('a wrapper script that does not pass signals on leaves nothing behind', async () => {
  const wrapper = join(rig.folder, 'wrapper');
  writeFileSync(wrapper, `#!/bin/sh\n'${binary.path}' "$@"\nexit $?\n`);
  chmodSync(wrapper, 0o755);
  await seeded(1, { writesPerSecond: 0 });
  const { child, ended } = start(wrapper);
  await allProtected(1);
  await seeded(2, { writesPerSecond: 0 });
  await allProtected(2);
  expect(findReplicators(yml()).length).toBe(2);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(findReplicators(yml())).toEqual([]);
});

test('the status endpoint says the same as the file', async () => {
  configure({ status_listen: '127.0.0.1:0' });
  await seeded(2, { writesPerSecond: 0 });
  const { stderr } = start();
  await allProtected(2);
  const address = /"address":"(http:[^"]+)"/.exec(stderr())?.[1] ?? '';
  const served = (await (await fetch(`${address}/status`)).json()) as Status;
  expect(served.databases).toEqual(status()?.databases);
  // Where memory runs out, the kernel ends what is started again.
  if (process.platform === 'linux')
    expect(readFileSync(`/proc/${served.child.pid}/oom_score_adj`, 'utf8')).toBe('500\n');
  const metrics = await (await fetch(`${address}/metrics`)).text();
  expect(metrics).toContain('rustbaas_backup_protected{database="realms/acme/apps/app-0/data.db"} 1');
  expect(metrics).toContain('rustbaas_backup_unprotected_databases 0');
  expect(metrics).toMatch(/^rustbaas_backup_disk_low_space 0$/m);
  expect(metrics).toMatch(/^rustbaas_backup_disk_free_bytes \d{6,}$/m);
});

test('logs are records with the database named', async () => {
  await seeded(1, { writesPerSecond: 0 });
  const { stderr } = start();
  await allProtected(1);
  const records = stderr()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records).toContainEqual(
    expect.objectContaining({
      source: 'litestream',
      msg: is03 ? 'snapshot written' : 'initialized db',
      database: 'realms/acme/apps/app-0/data.db',
    }),
  );
});
