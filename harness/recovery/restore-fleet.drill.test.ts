import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import type { RestoreRecord } from '../evidence/database.ts';
import { seedFleet } from '../fleet/seed.ts';
import { fillDisk, mountSmallDisk, unmountBelow } from '../host/small-disk.ts';
import { ProtectionWatch } from '../host/protection-watch.ts';
import type { LitestreamBinary } from '../litestream/binary.ts';
import { renderReplicateConfig } from '../litestream/config.ts';
import { litestreamEnvironment } from '../litestream/environment.ts';
import { litestreamUnderTest } from '../litestream/under-test.ts';
import { restoreRule } from '../litestream/version.ts';
import { planDrill } from '../scenario/plan.ts';
import { scenarioSchema } from '../scenario/schema.ts';
import { startEmbeddedStore } from '../store/embedded.ts';
import { openS3 } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import { waitFor } from '../waiting.ts';
import type { BucketLayout } from './bucket-places.ts';
import { restoreFleet } from './restore-fleet.ts';

/** A small fleet in a real bucket, put there by a real Litestream that is dead by now. */
let folder: string;
let store: Store;
let litestream: LitestreamBinary;
let paths: string[];
let out: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-recovery-'));
  litestream = await litestreamUnderTest();
  const scenario = scenarioSchema.parse({
    id: 'x',
    title: 'x',
    tier: 'smoke',
    fleet: { realms: 2, appsPerRealm: 2 },
    objectives: ['rpoMs max < 1'],
  });
  const plan = planDrill(scenario, 1);
  paths = plan.databases.map(({ path }) => path).toSorted();
  await seedFleet({ plan, dataDir: join(folder, 'data'), ledgerDir: join(folder, 'ledger') });
  store = await startEmbeddedStore({ logFile: join(folder, 'requests.ndjson'), prefix: 'prod' });
  await replicateOnce();
}, 60_000);
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  out = mkdtempSync(join(folder, 'out-'));
});

async function replicateOnce(): Promise<void> {
  const child = replicate();
  const watch = new ProtectionWatch(store, join(folder, 'data'), systemClock, restoreRule(litestream));
  const all = await waitFor(() => (watch.protectedUs.size === paths.length ? true : null), WAIT);
  await watch[Symbol.asyncDispose]();
  child.kill('SIGKILL');
  expect(all).toBe(true);
}

const WAIT = { timeoutMs: 30_000, everyMs: 20, signal: new AbortController().signal };

function replicate(
  prefix = 'prod',
  databases = paths.map((path) => ({ path, file: join(folder, 'data', path) })),
): ChildProcess {
  const config = join(folder, 'litestream.yml');
  writeFileSync(
    config,
    renderReplicateConfig({
      line: litestream.line,
      databases,
      settings: store.writer,
      prefix,
      replicateIntervalSec: 1,
    }),
  );
  return spawn(litestream.path, ['replicate', '-config', config], {
    env: litestreamEnvironment(store.writer, process.env),
    stdio: 'ignore',
  });
}

async function restore(
  outputDir: string,
  place: { readonly prefix: string; readonly layout: BucketLayout } = {
    prefix: 'prod',
    layout: 'documented',
  },
): Promise<Map<string, RestoreRecord>> {
  const records = await restoreFleet({
    store: store.recovery,
    ...place,
    outputDir,
    litestream,
    env: process.env,
    parallelism: 2,
    databaseTimeoutMs: 20_000,
    hooksFrom: null,
    blobsFrom: join(folder, 'data'),
    emit: () => undefined,
  });
  return new Map(records.map((record) => [record.path, record]));
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

it('brings back every database and blob with a credential that may only read, and nothing beside them', async () => {
  const records = await restore(out);
  expect([...records.keys()].toSorted()).toEqual(paths);
  expect([...records.values()].map(({ outcome }) => outcome)).toEqual(paths.map(() => 'restored'));
  const odd = filesBelow(out).filter((file) => !/\.db$|\/storage\/[^/]+$/.test(file));
  expect(odd).toEqual([]);
  expect(filesBelow(out).some((file) => file.includes('/storage/'))).toBe(true);
});

it('leaves files and folders that the service user and its group can open, and nobody else', async () => {
  await restore(out);
  expect(filesBelow(out).map((file) => statSync(file).mode & 0o777)).toEqual(
    filesBelow(out).map(() => 0o640),
  );
  expect(statSync(join(out, 'realms')).mode & 0o777).toBe(0o750);
});

it.runIf(process.getuid?.() === 0)(
  'as root, gives all to the owner of the output folder, who can open and write to every database',
  async () => {
    chownSync(out, SERVICE_USER, SERVICE_USER);
    await restore(out);
    const owners = readdirSync(out, { recursive: true, encoding: 'utf8' }).map((path) => {
      const { uid, gid } = statSync(join(out, path));
      return `${uid}:${gid}`;
    });
    expect(new Set(owners)).toEqual(new Set([`${SERVICE_USER}:${SERVICE_USER}`]));
    // It has to get there: the folders above are this test's own.
    chmodSync(folder, 0o711);
    expect(refusedToServiceUser()).toEqual([]);
    // What a bare `litestream restore` as root leaves is seen, and so is what can only be read.
    const [own = '', readable = ''] = paths.map((path) => join(out, path));
    for (const file of [own, readable]) chownSync(file, 0, 0);
    chmodSync(own, 0o600);
    chmodSync(readable, 0o644);
    expect(refusedToServiceUser()).toEqual([
      `${paths[0]}: unable to open database file`,
      `${paths[1]}: attempt to write a readonly database`,
    ]);
  },
);

const SERVICE_USER = 65_534;

/** Opens every database as RustBaas does and commits a write, as the service user; answers what was refused, and why. */
function refusedToServiceUser(): string[] {
  const program = `
    const { join } = require('node:path');
    const Sqlite = require('better-sqlite3');
    const [user, folder, ...paths] = process.argv.slice(1);
    new Sqlite(':memory:').close(); // what it loads may lie where that user cannot look
    process.setgroups([]); process.setgid(Number(user)); process.setuid(Number(user));
    const refused = paths.flatMap((path) => {
      try {
        const db = new Sqlite(join(folder, path), { fileMustExist: true });
        db.pragma('journal_mode = WAL');
        db.exec('CREATE TABLE written_after (a); INSERT INTO written_after VALUES (1); DROP TABLE written_after');
        db.close();
        return [];
      } catch (error) {
        return [path + ': ' + error.message];
      }
    });
    console.log(JSON.stringify(refused));`;
  const args = ['-e', program, String(SERVICE_USER), out, ...paths];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

it.each(['system.db', 'system.db-wal', 'notes.txt'])(
  'refuses a folder with %s in it, and leaves it as it is',
  async (name) => {
    writeFileSync(join(out, name), 'mine');
    await expect(restore(out)).rejects.toMatchObject({ code: 'DRILL_E_USAGE', exit: 2 });
    expect(readdirSync(out)).toEqual([name]);
  },
);

it('removes what an interrupted recovery left of its own', async () => {
  mkdirSync(join(out, '.restoring', '0'), { recursive: true });
  writeFileSync(join(out, '.restoring', '0', 'restored.db'), 'half');
  const records = await restore(out);
  expect(records.get('system.db')?.outcome).toBe('restored');
  expect(existsSync(join(out, '.restoring'))).toBe(false);
});

it.runIf(process.getuid?.() === 0)(
  'tells of every database that a full disk has no room for, and leaves none of them',
  async () => {
    await mountSmallDisk(out, 8);
    const filler = join(out, 'filler');
    // An open file without a name takes its space, and the folder is empty.
    const held = openSync(filler, 'a');
    try {
      await fillDisk(filler);
      rmSync(filler);
      const records = await restore(out);
      expect([...records.keys()].toSorted()).toEqual(paths);
      for (const { outcome, detail } of records.values()) {
        expect({ outcome, detail }).toEqual({
          outcome: 'failed',
          detail: expect.stringContaining('no space left on device') as string,
        });
      }
      expect(filesBelow(out)).toEqual([]);
    } finally {
      closeSync(held);
      await unmountBelow(folder);
    }
  },
);

it('goes by the bucket alone when there is no system.db in it, and tells of what is registered and not there', async () => {
  const writer = openS3(store.writer);
  const own = await writer.list('prod/system.db/');
  const saved = await Promise.all(own.map(async ({ key }) => ({ key, body: await writer.get(key) })));
  const lost = paths.find((path) => path.endsWith('/data.db')) ?? '';
  const app = await writer.list(`prod/${lost}/`);
  const savedApp = await Promise.all(app.map(async ({ key }) => ({ key, body: await writer.get(key) })));
  await writer.remove([...own, ...app].map(({ key }) => key));
  try {
    const records = await restore(out);
    expect(records.get('system.db')?.outcome).toBe('not-in-bucket');
    expect(records.get(lost)?.outcome).toBe('not-in-bucket');
    const others = paths.filter((path) => path !== 'system.db' && path !== lost);
    expect(others.map((path) => records.get(path)?.outcome)).toEqual(others.map(() => 'restored'));
  } finally {
    for (const { key, body } of [...saved, ...savedApp]) await writer.put(key, body);
    writer.close();
  }
});

it('brings back what lies without its .db only when it is told to look there too', async () => {
  const writer = openS3(store.writer);
  for (const { key } of await writer.list('prod/')) {
    await writer.put(key.replace(/^prod\//, 'shipped/').replace(/\.db\//, '/'), await writer.get(key));
  }
  writer.close();
  const documented = await restore(mkdtempSync(join(folder, 'out-')), {
    prefix: 'shipped',
    layout: 'documented',
  });
  expect(documented.get('system.db')?.outcome).toBe('not-in-bucket');
  const records = await restore(out, { prefix: 'shipped', layout: 'any' });
  expect([...records.keys()].toSorted()).toEqual(paths);
  expect([...records.values()].map(({ outcome }) => outcome)).toEqual(paths.map(() => 'restored'));
  expect(records.get('system.db')?.detail).toContain('from system/, without the .db');
});

it('brings back a fleet at the root of its bucket', async () => {
  const writer = openS3(store.writer);
  const atRoot: string[] = [];
  for (const { key } of await writer.list('prod/')) {
    atRoot.push(key.slice('prod/'.length));
    await writer.put(atRoot.at(-1) ?? '', await writer.get(key));
  }
  const records = await restore(out, { prefix: '', layout: 'documented' });
  await writer.remove(atRoot);
  writer.close();
  expect(paths.map((path) => records.get(path)?.outcome)).toEqual(paths.map(() => 'restored'));
});

it('goes by the bucket where what came back as system.db registers nothing', async () => {
  const other = join(folder, 'other.db');
  const db = new Sqlite(other);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE notes (text); INSERT INTO notes VALUES (1)');
  db.close();
  const writer = openS3(store.writer);
  for (const { key } of await writer.list('prod/realms/'))
    await writer.put(key.replace(/^prod\//, 'odd/'), await writer.get(key));
  const child = replicate('odd', [{ path: 'system.db', file: other }]);
  const there = await waitFor(
    async () => ((await writer.list('odd/system.db/')).length > 0 ? true : null),
    WAIT,
  );
  expect(there).toBe(true);
  child.kill('SIGKILL');
  writer.close();
  const records = await restore(out, { prefix: 'odd', layout: 'documented' });
  expect([...records.keys()].toSorted()).toEqual(paths);
  expect([...records.values()].map(({ outcome }) => outcome)).toEqual(paths.map(() => 'restored'));
  expect(records.get('system.db')?.detail).toContain('no such table: realms');
});

it('does not bring back a realm that system.db no longer knows', async () => {
  const child = replicate();
  const db = new Sqlite(join(folder, 'data', 'system.db'));
  const realm = db.prepare('SELECT id FROM realms WHERE is_master = 0 LIMIT 1').pluck().get() as string;
  db.prepare('DELETE FROM realms WHERE id = ?').run(realm);
  db.close();
  // Until the deletion is in the bucket, a restore still knows the realm.
  const records = await waitFor(async () => {
    rmSync(out, { recursive: true });
    const found = await restore(out);
    return found.get(`realms/${realm}/realm.db`)?.outcome === 'not-registered' ? found : null;
  }, WAIT);
  child.kill('SIGKILL');
  const ofRealm = paths.filter((path) => path.startsWith(`realms/${realm}/`));
  expect(ofRealm.map((path) => records?.get(path)?.outcome)).toEqual(ofRealm.map(() => 'not-registered'));
  expect(existsSync(join(out, 'realms', realm))).toBe(false);
});
