import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { monotonicUs } from '../clock.ts';
import { renderReplicateConfig } from '../litestream/config.ts';
import { appDatabases, openRig, type Rig, until } from '../litestream/drill-rig.ts';
import { litestreamEnvironment } from '../litestream/environment.ts';
import { ProtectionTracker, type WatchedDatabase } from '../litestream/protection.ts';
import { litestreamUnderTest } from '../litestream/under-test.ts';
import { restoreRule } from '../litestream/version.ts';
import { storeFaultSchema } from '../scenario/store-fault.ts';
import { readRequestLog } from '../store/request-log.ts';

/**
 * A restore over a line so slow that retention takes away what it has planned to read, while the fleet lives on: an
 * operator's rehearsal on a production prefix. It may fail, as long as it says so; a file that ends before what was in the
 * bucket when the restore began, with exit code 0, is the worst that a backup can do.
 */

const binary = await litestreamUnderTest();
let rig: Rig;

afterEach(async () => rig[Symbol.asyncDispose]());

/** Snapshots and compactions every few seconds, and next to no retention. */
const HASTE = {
  '0.3': { 'snapshot-interval': '3s', retention: '5s', 'retention-check-interval': '1s' },
  '0.5': {
    snapshot: { interval: '5s', retention: '10s' },
    levels: [{ interval: '1s' }, { interval: '3s' }],
    'l0-retention': '2s',
    'l0-retention-check-interval': '1s',
  },
};

function replicate(databases: readonly WatchedDatabase[]): void {
  const { writer: settings, prefix } = rig.store;
  const text = renderReplicateConfig({
    line: binary.line,
    databases,
    settings,
    prefix,
    replicateIntervalSec: 1,
  });
  const config = parse(text) as { dbs: { replicas?: object[] }[] };
  if (binary.line === '0.5') Object.assign(config, HASTE['0.5']);
  else
    for (const { replicas = [] } of config.dbs) for (const one of replicas) Object.assign(one, HASTE['0.3']);
  const file = join(rig.folder, 'litestream.yml');
  writeFileSync(file, stringify(config));
  const env = litestreamEnvironment(settings, process.env);
  rig.track(spawn(binary.path, ['replicate', '-config', file], { env, stdio: 'ignore' }));
}

/** Rows of a live database. */
function rowsOf(file: string): number {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare('SELECT max(seq) FROM rows').pluck().get() as number;
  } finally {
    db.close();
  }
}

test('retention racing a slow restore: whole or a loud failure, never short with exit code 0', async () => {
  const slow = { kind: 'store-slow', role: 'recovery', latency: { min: '150ms', max: '400ms' } };
  rig = await openRig({ declared: [storeFaultSchema.parse({ id: 'slow', ...slow })], seed: 1 });
  const databases = appDatabases(rig.dataDir, 3);
  const files = databases.map(({ file }) => file);
  await rig.hammer({ files, rows: 1000, writesPerSecond: 60, rowsPerWrite: 3 });
  replicate(databases);
  const { prefix, observer } = rig.store;
  const tracker = new ProtectionTracker({
    prefix,
    readObject: (key) => observer.get(key),
    rule: restoreRule(binary),
  });
  await until('all are protected', async () => {
    const seen = await tracker.observe(await observer.list(`${prefix}/`), databases, monotonicUs());
    return [...seen.values()].every(({ protectedUs }) => protectedUs !== null);
  });
  await rig.store.faults?.begin('recovery', monotonicUs());
  const outcomes: (string | null)[] = [];
  const startUs = monotonicUs();
  for (let round = 0; round < 4; round++) {
    const atLeast = files.map(rowsOf);
    await sleep(4000); // several syncs: all of that is in the bucket by now
    outcomes.push(
      ...(await Promise.all(databases.map(({ path }, i) => rig.findDamage(binary, path, atLeast[i] ?? 0)))),
    );
  }
  const { slow: hits = 0 } = (await rig.store.faults?.end('recovery')) ?? {};
  const { entries } = await readRequestLog(join(rig.folder, 'requests.ndjson'));
  const removals = entries.filter(
    ({ atUs, role, method, url }) =>
      atUs > startUs &&
      role === 'writer' &&
      (method === 'DELETE' || (method === 'POST' && url.includes('delete'))),
  );
  expect(removals.length).toBeGreaterThan(3);
  expect(hits).toBeGreaterThan(outcomes.length * 2);
  const short = outcomes.filter((damage) => damage !== null && !damage.startsWith('restore failed'));
  expect(short).toEqual([]);
  expect(outcomes).toContain(null);
});
