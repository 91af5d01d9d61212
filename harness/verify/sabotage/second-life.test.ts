import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { monotonicUs } from '../../clock.ts';
import { vocabularyFor } from '../../fleet/vocabulary.ts';
import { type Ledger, readLedger } from '../../ledger/history.ts';
import { baseSeq, lastSeq } from '../../ledger/history-state.ts';
import type { LedgerRecord } from '../../ledger/records.ts';
import { randomFor } from '../../random.ts';
import { runFirstWrites } from '../../workload/first-writes.ts';
import { HandlePool } from '../../workload/handle-pool.ts';
import { realFormatter } from '../../workload/row-encoding.ts';
import { Session } from '../../workload/session.ts';
import { TrackedDatabase } from '../../workload/tracked-database.ts';
import { verifySecondLife } from '../second-life.ts';
import type { FleetVerification } from '../verify-fleet.ts';
import { drillFleet, type DrilledFleet, writeRecords } from './drilled-fleet.ts';
import { allFindings, edit, layOut, type Scene, verifyScene } from './scene.ts';
import { type Target, targetIn } from './target.ts';

let drilled: DrilledFleet;
let scene: Scene;
let target: Target;
let first: FleetVerification;
/** What the bucket gives back after the second life: its databases are taken from there. */
let again: string;
beforeAll(async () => {
  drilled = await drillFleet(7);
}, 60_000);
afterAll(async () => drilled[Symbol.asyncDispose]());

beforeEach(async () => {
  // Something is lost in every database that was written to.
  scene = await layOut(drilled, { seqOf: (_path, last) => Math.max(0, last - 3) });
  target = targetIn(drilled, scene);
  first = await verifyScene(scene);
  again = mkdtempSync(join(tmpdir(), 'again-'));
});
afterEach(async () => {
  await scene[Symbol.asyncDispose]();
  rmSync(again, { recursive: true, force: true });
});

/** The new host lives on the first restore; what it left is restored again. */
async function liveAgain(): Promise<Ledger> {
  const records: LedgerRecord[] = [];
  const ledger = { append: (record: LedgerRecord): void => void records.push(record) };
  const formatReal = realFormatter();
  const { dataDir } = scene;
  const pool = new HandlePool(
    (path, account) =>
      new TrackedDatabase({ file: join(dataDir, path), path, life: 2, ledger, formatReal, account }),
  );
  const session = new Session({
    dataDir,
    seed: 7,
    writerIndex: 0,
    life: 2,
    random: randomFor(7, 'again'),
    vocabulary: vocabularyFor(7),
    pool,
    ledger,
  });
  const paths = [...first.databases.values()]
    .filter(({ verified }) => verified !== null)
    .map(({ path }) => path);
  await runFirstWrites(session, paths, new AbortController().signal);
  pool.closeAll();
  for (const path of paths) {
    mkdirSync(dirname(join(again, path)), { recursive: true });
    cpSync(join(dataDir, path), join(again, path));
    chmodSync(join(again, path), 0o600);
  }
  const secondDir = join(dirname(scene.ledgerDir), 'ledger-2');
  mkdirSync(secondDir);
  writeRecords(join(secondDir, 'writer-0.ndjson'), records);
  return readLedger(secondDir);
}

async function verifyAgain(secondLedger: Ledger): Promise<FleetVerification> {
  return verifySecondLife({
    deadDataDir: null,
    restoredDir: again,
    first,
    firstLedger: scene.ledger,
    secondLedger,
    killUs: monotonicUs(),
    parallelism: 1,
  });
}

function found(verification: FleetVerification): unknown[] {
  return allFindings(verification).map(({ check, database, count }) => [check, database, count]);
}

function lastOf(ledger: Ledger, path: string): number {
  const history = ledger.databases.get(path);
  if (history === undefined) throw new Error(path);
  return lastSeq(history);
}

describe('the second restore', () => {
  test('holds both lives', async () => {
    const secondLedger = await liveAgain();
    const verification = await verifyAgain(secondLedger);
    expect(secondLedger.problems).toEqual([]);
    expect(found(verification)).toEqual([]);
    expect(verification.checksRun).toEqual(['second-life']);
    for (const history of secondLedger.databases.values()) {
      const database = verification.databases.get(history.path);
      expect([history.path, database?.verified?.recoveryPoint]).toEqual([history.path, baseSeq(history) + 1]);
      expect(database?.lostWrites).toEqual([]);
      expect(database?.verified?.thrown).toEqual([]);
    }
  });

  test('lacks the second life of one database', async () => {
    const file = join(again, target.hot);
    mkdirSync(dirname(file), { recursive: true });
    const before = join(dirname(scene.dataDir), 'before.db');
    cpSync(join(scene.dataDir, target.hot), before);
    const secondLedger = await liveAgain();
    cpSync(before, file);
    const verification = await verifyAgain(secondLedger);
    expect(found(verification)).toEqual([]);
    const database = verification.databases.get(target.hot);
    expect(database?.lostWrites).toEqual([lastOf(secondLedger, target.hot)]);
    expect(database?.verified?.recoveryPoint).toBe(first.databases.get(target.hot)?.verified?.recoveryPoint);
  });

  test('lacks a row of the second life', async () => {
    const secondLedger = await liveAgain();
    edit(again, target.hot, (db) => db.exec("DELETE FROM audit_log WHERE action = 'host.boot'"));
    const verification = await verifyAgain(secondLedger);
    expect(found(verification)).toEqual([['row-counts', target.hot, 1]]);
    expect(verification.databases.get(target.hot)?.lostWrites).toEqual([lastOf(secondLedger, target.hot)]);
  });

  test('lacks rows of the first life', async () => {
    const secondLedger = await liveAgain();
    edit(again, target.idle, (db) =>
      db.exec('DELETE FROM people WHERE id IN (SELECT id FROM people ORDER BY id LIMIT 3)'),
    );
    const verification = await verifyAgain(secondLedger);
    expect(found(verification)).toEqual([
      ['contiguity', target.idle, 1],
      ['row-counts', target.idle, 3],
    ]);
    expect(verification.databases.get(target.idle)?.lostWrites).toEqual([0]);
  });

  test('lacks a database', async () => {
    const secondLedger = await liveAgain();
    // The only app of its realm: a restore makes no folder for what does not come back.
    await rm(dirname(dirname(join(again, target.idle))), { recursive: true });
    expect(found(await verifyAgain(secondLedger))).toEqual([['second-life', target.idle, 1]]);
  });

  test('has another database in the place of one', async () => {
    const secondLedger = await liveAgain();
    cpSync(join(again, target.hot), join(again, target.idle));
    expect(found(await verifyAgain(secondLedger))).toEqual([['identity', target.idle, 1]]);
  });

  test('has a stale -wal beside a database, and a tenant that never was', async () => {
    const secondLedger = await liveAgain();
    writeFileSync(join(again, `${target.hot}-wal`), 'x');
    mkdirSync(join(again, 'realms', 'nobody'), { recursive: true });
    cpSync(join(again, target.realm), join(again, 'realms', 'nobody', 'realm.db'));
    expect(found(await verifyAgain(secondLedger))).toEqual([
      ['second-life', 'realms/nobody/realm.db', 1],
      ['clean-host', target.hot, 1],
    ]);
  });

  test('has a realm back that was deleted in the first life', async () => {
    const secondLedger = await liveAgain();
    const gone = [...scene.ledger.databases.values()].find(({ deletedUs }) => deletedUs !== null)?.path ?? '';
    mkdirSync(dirname(join(again, gone)), { recursive: true });
    cpSync(join(again, target.realm), join(again, gone));
    expect(found(await verifyAgain(secondLedger))).toEqual([['second-life', gone, 1]]);
  });

  test.each(['DROP INDEX audit_log_ts', 'PRAGMA user_version = 9', 'CREATE VIEW v AS SELECT 1'])(
    'began with another schema than what was verified: %s',
    async (sql) => {
      edit(scene.dataDir, target.idle, (db) => db.exec(sql));
      expect(found(await verifyAgain(await liveAgain()))).toEqual([['second-life', target.idle, 1]]);
    },
  );

  test('began with something else than what was verified', async () => {
    edit(scene.dataDir, target.idle, (db) => {
      db.exec("UPDATE _drill_tables SET rows = rows + 1 WHERE name IN ('people', 'users')");
    });
    const secondLedger = await liveAgain();
    const verification = await verifyAgain(secondLedger);
    expect(verification.findings.map(({ check, database, count }) => [check, database, count])).toEqual([
      ['second-life', target.idle, 2],
    ]);
  });
});
