import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AckRecord, BaseRecord, GoneRecord, LedgerRecord } from '../ledger/records.ts';
import { registrationsOf } from './places.ts';
import { drillFleet, type DrilledFleet } from './sabotage/drilled-fleet.ts';
import { layOut, placeDatabase, type Scene, type SceneOptions, verifyScene } from './sabotage/scene.ts';

/** Databases that recover independently of the rows by which they are registered. */

let drilled: DrilledFleet;
beforeAll(async () => {
  drilled = await drillFleet(7);
}, 60_000);
afterAll(async () => drilled[Symbol.asyncDispose]());

type Found = readonly [check: string, database: string | null, explainedByLossAgeMs: number | null];

async function findings(
  options: SceneOptions,
  prepare: (scene: Scene) => void = () => undefined,
): Promise<{ found: Found[]; scene: Scene }> {
  const scene = await layOut(drilled, options);
  prepare(scene);
  const verification = await verifyScene(scene);
  await scene[Symbol.asyncDispose]();
  const found = verification.findings.map(
    ({ check, database, explainedByLossAgeMs }): Found => [check, database, explainedByLossAgeMs],
  );
  return { found, scene };
}

/** An app that was created during the load in a realm that was there before. */
function newApp(): { path: string; parent: string; base: BaseRecord; created: AckRecord } {
  for (const record of drilled.records) {
    if (record.t !== 'base') continue;
    const [registration] = registrationsOf(record.db);
    const ack =
      registration === undefined ? null : registeringAck(registration.parent, registration.id, null);
    if (ack !== null && registration !== undefined && registration.parent !== 'system.db') {
      return { path: record.db, parent: registration.parent, base: record, created: ack };
    }
  }
  throw new Error('no app was created: choose another seed');
}

/** An app that was deleted alone, not with its realm. */
function deletedApp(): { path: string; parent: string; deleted: AckRecord; gone: GoneRecord } {
  for (const record of drilled.records) {
    if (record.t !== 'gone') continue;
    const [registration] = registrationsOf(record.db);
    const ack =
      registration === undefined ? null : registeringAck(registration.parent, registration.id, 'delete');
    if (ack !== null && registration !== undefined && registration.parent !== 'system.db') {
      return { path: record.db, parent: registration.parent, deleted: ack, gone: record };
    }
  }
  throw new Error('no app was deleted: choose another seed');
}

/** The acknowledgement of the write that registered a database, or that took it back. */
function registeringAck(parent: string, id: string, which: 'delete' | null): AckRecord | null {
  const key = JSON.stringify([id]);
  const intent = drilled.records.find(
    (record) =>
      record.t === 'intent' &&
      record.db === parent &&
      record.effects.some(
        ([, row, before, after]) => row === key && (which === 'delete' ? after === null : before === null),
      ),
  );
  const isAnswer = (record: LedgerRecord): record is AckRecord =>
    record.t === 'ack' && record.db === parent && intent?.t === 'intent' && record.seq === intent.seq;
  return drilled.records.find(isAnswer) ?? null;
}

function rolledBack(path: string, seq: number): (at: string, last: number) => number {
  return (at, last) => (at === path ? seq : last);
}

describe('a new app', () => {
  test('whose file never reached the bucket is explained by its age', async () => {
    const { path, parent, base } = newApp();
    const { found, scene } = await findings({ seqOf: (at, last) => (at === path ? null : last) });
    const age = (scene.killUs - base.at) / 1000;
    expect(found).toEqual([
      ['inventory', path, age],
      ['invariants', parent, age],
    ]);
  });

  test('whose row is lost with its file is explained by the age of the row', async () => {
    const { path, parent, created } = newApp();
    const back = rolledBack(parent, created.seq - 1);
    const { found, scene } = await findings({ seqOf: (at, last) => (at === path ? null : back(at, last)) });
    expect(found).toEqual([['inventory', path, (scene.killUs - created.at) / 1000]]);
  });

  test('whose row alone is lost is explained by the age of the row', async () => {
    const { path, parent, created } = newApp();
    const { found, scene } = await findings({ seqOf: rolledBack(parent, created.seq - 1) });
    expect(found).toEqual([['invariants', path, (scene.killUs - created.at) / 1000]]);
  });

  test('of which the host had written no more than the row is no finding', async () => {
    const { created } = newApp();
    expect((await findings({ records: drilled.records.indexOf(created) + 1 })).found).toEqual([]);
  });

  test('of which the host had written row and base, but no file, is as young as that', async () => {
    const { base, path, parent } = newApp();
    const { found, scene } = await findings({
      records: drilled.records.indexOf(base) + 1,
      seqOf: (at, last) => (at === path ? null : last),
    });
    const age = (scene.killUs - base.at) / 1000;
    expect(found).toEqual([
      ['inventory', path, age],
      ['invariants', parent, age],
    ]);
  });
});

describe('a deleted app', () => {
  test('whose deletion is lost and whose file is back is explained by the age of the deletion', async () => {
    const { path, parent, deleted } = deletedApp();
    const bringBack = (scene: Scene): void => placeDatabase(scene.dataDir, path, lastSnapshot(path));
    const { found, scene } = await findings({ seqOf: rolledBack(parent, deleted.seq - 1) }, bringBack);
    expect(found).toEqual([['inventory', path, (scene.killUs - deleted.at) / 1000]]);
  });

  test('whose deletion is lost and whose file is not back is explained by the age of the deletion', async () => {
    const { parent, deleted } = deletedApp();
    const { found, scene } = await findings({ seqOf: rolledBack(parent, deleted.seq - 1) });
    expect(found).toEqual([['invariants', parent, (scene.killUs - deleted.at) / 1000]]);
  });

  test('that is back although its deletion is not lost is explained by nothing', async () => {
    const { path } = deletedApp();
    const { found } = await findings({}, (scene) => placeDatabase(scene.dataDir, path, lastSnapshot(path)));
    expect(found).toEqual([['inventory', path, null]]);
  });

  test('of which the row was gone and the folder was being removed may be back or not', async () => {
    const { path, deleted } = deletedApp();
    const records = drilled.records.indexOf(deleted) + 1;
    expect((await findings({ records })).found).toEqual([]);
    expect((await findings({ records, seqOf: (at, last) => (at === path ? null : last) })).found).toEqual([]);
  });
});

function lastSnapshot(path: string): Buffer {
  return [...(drilled.snapshots.get(path)?.values() ?? [])].at(-1) ?? Buffer.alloc(0);
}
