import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { monotonicUs } from '../clock.ts';
import type { RestoreRecord } from '../evidence/database.ts';
import { findLitestream, type LitestreamBinary } from '../litestream/binary.ts';
import { databasesInBucket, type ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { renderReplicateConfig } from '../litestream/config.ts';
import { openRig, type Rig, until } from '../litestream/drill-rig.ts';
import { litestreamEnvironment } from '../litestream/environment.ts';
import { ProtectionTracker } from '../litestream/protection.ts';
import { formatTaken } from '../litestream/restored-format.ts';
import { litestreamUnderTest } from '../litestream/under-test.ts';
import { openS3 } from '../store/s3-client.ts';
import { restoreRule } from '../litestream/version.ts';
import { restoreDatabase } from './restore-database.ts';

/** One prefix that holds what both lines left there, as after an upgrade in place and after the way back. */
const PATH = 'realms/acme/realm.db';
const old = await findLitestream(null, process.env);
const young = await litestreamUnderTest();
let rig: Rig;
let file: string;

beforeEach(async () => {
  rig = await openRig();
  file = join(rig.dataDir, PATH);
});
afterEach(async () => rig[Symbol.asyncDispose]());

/** Writes up to `rows` rows and lets a Litestream bring them to the bucket; then both are ended. */
async function live(binary: LitestreamBinary, rows: number): Promise<void> {
  const writer = await rig.hammer({ files: [file], rows, writesPerSecond: 0, rowsPerWrite: 1 });
  const { writer: settings, prefix, observer } = rig.store;
  const config = join(rig.folder, 'litestream.yml');
  const databases = [{ path: PATH, file }];
  writeFileSync(
    config,
    renderReplicateConfig({ line: binary.line, databases, settings, prefix, replicateIntervalSec: 1 }),
  );
  const env = litestreamEnvironment(settings, process.env);
  const child = rig.track(spawn(binary.path, ['replicate', '-config', config], { env, stdio: 'ignore' }));
  const rule = restoreRule(binary);
  const tracker = new ProtectionTracker({ prefix, readObject: (key) => observer.get(key), rule });
  await until(`${binary.version} has protected it`, async () => {
    const seen = await tracker.observe(await observer.list('prod/'), databases, monotonicUs());
    return seen.get(PATH)?.protectedUs != null;
  });
  for (const one of [child, writer]) await killed(one);
  // Listings tell times in whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function inBucket(): Promise<ReplicatedDatabase> {
  const [found] = databasesInBucket(await rig.store.observer.list('prod/'), 'prod');
  if (found === undefined) throw new Error('nothing in the bucket');
  return found;
}

async function restored(litestream: LitestreamBinary): Promise<RestoreRecord> {
  const { record } = await restoreDatabase({
    path: PATH,
    workDir: mkdtempSync(join(rig.folder, 'restore-')),
    prefix: 'prod',
    store: rig.store.recovery,
    litestream,
    found: await inBucket(),
    env: process.env,
    timeoutMs: 20_000,
    note: '',
    timestamp: null,
  });
  return record;
}

test('LTX files alone: 0.5 restores them, 0.3 says what it cannot read', async () => {
  await live(young, 50);
  expect(await restored(young)).toMatchObject({ outcome: 'restored', format: 'ltx', detail: '' });
  expect(await restored(old)).toMatchObject({
    outcome: 'failed',
    exitCode: null,
    detail: 'the LTX files of Litestream 0.5 hold its state; Litestream 0.3.13 cannot read them',
  });
});

const takesNewer = restoreRule(young) === 'newer';
test.runIf(takesNewer)(
  'old generations that were copied over themselves look newer: the restore takes them, and says what that may mean',
  async () => {
    await live(old, 50);
    await live(young, 90);
    const generations = (await inBucket()).generations.flatMap(({ snapshots, segments }) => [
      ...snapshots,
      ...segments,
    ]);
    const { observer, saboteur } = rig.store;
    if (saboteur === undefined) throw new Error('this store gives no credential to plant with');
    const planting = openS3(saboteur);
    for (const { key } of generations) await planting.put(key, await observer.get(key));
    planting.close();
    expect(await rig.findDamage(young, PATH, 90)).toBe('50 rows instead of 90');
    expect(await restored(young)).toMatchObject({
      outcome: 'restored',
      format: 'generations',
      detail: expect.stringContaining('they were copied since, and are the OLDER state'),
    });
  },
);

test('upgraded in place and back: what is predicted is what each Litestream restores', async () => {
  await live(old, 50);
  await live(young, 90);
  expect(formatTaken(await inBucket(), restoreRule(old))).toBe('generations');
  expect(formatTaken(await inBucket(), restoreRule(young))).toBe('ltx');
  expect(await rig.findDamage(young, PATH, 90)).toBeNull();
  expect(await rig.findDamage(old, PATH, 90)).toBe('50 rows instead of 90');
  expect(await restored(young)).toMatchObject({
    outcome: 'restored',
    format: 'ltx',
    detail: 'from the LTX files of Litestream 0.5, the newer of the two that are there',
  });
  expect(await restored(old)).toMatchObject({
    outcome: 'failed',
    detail:
      'the LTX files of Litestream 0.5 hold its state, and the generations of Litestream 0.3 only an older one; Litestream 0.3.13 cannot read them',
  });

  await live(old, 120);
  expect(await rig.findDamage(old, PATH, 120)).toBeNull();
  expect(await restored(old)).toMatchObject({ outcome: 'restored', format: 'generations' });
  const taken = formatTaken(await inBucket(), restoreRule(young));
  if (restoreRule(young) === 'ltx') {
    expect(taken).toBe('ltx');
    expect(await rig.findDamage(young, PATH, 120)).toBe('90 rows instead of 120');
    expect(await restored(young)).toMatchObject({ outcome: 'failed' });
    return;
  }
  expect(taken).toBe('generations');
  expect(await rig.findDamage(young, PATH, 120)).toBeNull();
  // Its first generation is older than the LTX files: a way back, and no doubt about it.
  expect(await restored(young)).toMatchObject({
    outcome: 'restored',
    format: 'generations',
    detail: 'from the generations of Litestream 0.3, the newer of the two that are there',
  });

  await live(young, 150);
  expect(await rig.findDamage(young, PATH, 150)).toBeNull();
  expect(await restored(young)).toMatchObject({ outcome: 'restored', format: 'ltx' });
});
