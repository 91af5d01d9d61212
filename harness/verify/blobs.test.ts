import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { blobContent } from '../fleet/blobs.ts';
import { storageFolder } from '../fleet/layout.ts';
import { judge } from '../judge/judge-drill.ts';
import type { BlobHistory } from '../ledger/file-history.ts';
import { type Ledger, readLedger } from '../ledger/history.ts';
import type { BlobRecord, LedgerRecord } from '../ledger/records.ts';
import { localBlobFacts, type BlobFact } from './blob-facts.ts';
import { listRestored } from './restored-folder.ts';
import { type DrilledFleet, drillFleet, writeRecords } from './sabotage/drilled-fleet.ts';
import { layOut, placeDatabase, type Scene } from './sabotage/scene.ts';
import { evidenceOf } from './sabotage/scene-evidence.ts';
import { seededId, type Target, targetIn } from './sabotage/target.ts';
import { type FleetVerification, verifyFleet } from './verify-fleet.ts';

/** Blobs that are not there, or there again, for a good reason; and what is no good reason. */

let drilled: DrilledFleet;
let scene: Scene;
let target: Target;
/** The last upload to the hot app. */
let upload: BlobHistory & { readonly storedUs: number };
beforeAll(async () => {
  drilled = await drillFleet(7);
}, 60_000);
afterAll(async () => drilled[Symbol.asyncDispose]());
beforeEach(async () => {
  scene = await layOut(drilled);
  target = targetIn(drilled, scene);
  const blobs = [...(scene.ledger.databases.get(target.hot)?.blobs.values() ?? [])];
  const last = blobs.findLast(({ seeded, deletedUs }) => !seeded && deletedUs === null);
  if (last?.storedUs == null) throw new Error('nothing was uploaded: choose another seed');
  upload = { ...last, storedUs: last.storedUs };
});
afterEach(async () => scene[Symbol.asyncDispose]());

function blobFile(id: string, path = target.hot): string {
  return join(scene.dataDir, storageFolder(path), id);
}

interface Mirror {
  readonly mirroredUpToUs?: number;
  readonly blobFacts?: ReadonlyMap<string, BlobFact>;
}

async function verified(mirror: Mirror, ledger: Ledger = scene.ledger): Promise<FleetVerification> {
  const { dataDir: restoredDir, killUs } = scene;
  return verifyFleet({ restoredDir, ledger, killUs, parallelism: 1, ...mirror });
}

/** Count, age and promise of every finding. */
async function found(mirror: Mirror, ledger?: Ledger): Promise<unknown[]> {
  const { findings } = await verified(mirror, ledger);
  return findings.map(({ check, count, explainedByLossAgeMs, promise }) => [
    check,
    count,
    explainedByLossAgeMs,
    promise,
  ]);
}

function ageMs(atUs: number): number {
  return (scene.killUs - atUs) / 1000;
}

/** The ledger as if some of the records of the load had been others. */
async function ledgerWith(change: (record: LedgerRecord) => LedgerRecord[]): Promise<Ledger> {
  writeRecords(join(scene.ledgerDir, 'writer-0.ndjson'), drilled.records.flatMap(change));
  return readLedger(scene.ledgerDir);
}

function isOf(record: LedgerRecord, t: BlobRecord['t'], file: string): boolean {
  return record.t === t && record.file === file;
}

describe('a missing blob', () => {
  test('that was stored when or after the last round began is as old as its upload, by the promise of the blobs', async () => {
    rmSync(blobFile(upload.file));
    const age = ageMs(upload.storedUs);
    expect(await found({ mirroredUpToUs: upload.storedUs })).toEqual([['blobs', 1, age, 'blobs']]);
    expect(await found({ mirroredUpToUs: upload.storedUs - 1 })).toEqual([['blobs', 1, age, 'blobs']]);
  });

  test('that was stored before the last round, or without any mirror, is explained by nothing', async () => {
    rmSync(blobFile(upload.file));
    expect(await found({ mirroredUpToUs: upload.storedUs + 1 })).toEqual([['blobs', 1, null, undefined]]);
    expect(await found({})).toEqual([['blobs', 1, null, undefined]]);
  });

  test('that was seeded is explained by no round', async () => {
    rmSync(blobFile(seededId(target, target.hot, '_files')));
    expect(await found({ mirroredUpToUs: 0 })).toEqual([['blobs', 1, null, undefined]]);
  });

  test('whose put failed, or was never answered, or never begun, is no fault', async () => {
    rmSync(blobFile(upload.file));
    const { file } = upload;
    const changes: ((record: LedgerRecord) => LedgerRecord[])[] = [
      (record) => {
        if (record.t !== 'blob-stored' || record.file !== file) return [record];
        return [{ ...record, t: 'blob-refused', error: 'SlowDown' }];
      },
      (record) => (isOf(record, 'blob-stored', file) ? [] : [record]),
      (record) => ('file' in record && record.file === file ? [] : [record]),
    ];
    for (const change of changes) {
      const ledger = await ledgerWith(change);
      expect(ledger.problems).toEqual([]);
      expect(await found({ mirroredUpToUs: scene.killUs }, ledger)).toEqual([]);
      expect((await verified({}, ledger)).blobs?.lostAgesMs).toEqual([]);
    }
  });

  test('of a file whose deletion is lost with the last writes is explained by that loss, not by the mirror', async () => {
    const history = scene.ledger.databases.get(target.hot);
    const deletion = history?.writes.findLast(({ kind }) => kind === 'file-delete');
    const before = drilled.snapshots.get(target.hot)?.get((deletion?.seq ?? 0) - 1);
    placeDatabase(scene.dataDir, target.hot, before ?? Buffer.alloc(0));
    const [effect] = deletion?.effects ?? [];
    rmSync(blobFile(String((JSON.parse(effect?.[1] ?? '[]') as unknown[])[0])));
    const { findings, databases } = await verified({ mirroredUpToUs: 0 });
    const age = ageMs(deletion?.atUs ?? 0);
    expect(findings.filter(({ check }) => check === 'blobs')).toMatchObject([
      { database: target.hot, count: 1, explainedByLossAgeMs: age },
    ]);
    expect(findings.find(({ check }) => check === 'blobs')?.promise).toBeUndefined();
    expect(databases.get(target.hot)?.lostWrites).toContain(deletion?.seq);
  });
});

describe('a blob that is there', () => {
  test('and was deleted when or after the last round began is no fault; before that it is', async () => {
    const gone = [...(scene.ledger.databases.get(target.hot)?.blobs.values() ?? [])].find(
      ({ deletedUs }) => deletedUs !== null,
    );
    const deletedUs = gone?.deletedUs ?? Number.NaN;
    writeFileSync(blobFile(gone?.file ?? ''), blobContent(gone?.file ?? '', gone?.sizeBytes ?? 0), {
      mode: 0o600,
    });
    expect(await found({ mirroredUpToUs: deletedUs })).toEqual([]);
    expect(await found({ mirroredUpToUs: deletedUs + 1 })).toEqual([['blobs', 1, null, undefined]]);
    // Where nobody mirrors, the deletion reached the blob itself.
    expect(await found({})).toEqual([['blobs', 1, null, undefined]]);
  });

  describe('of an earlier life of its app', () => {
    const file = 'of-the-first-life';
    let removedUs: number;
    beforeEach(() => {
      removedUs = scene.killUs - 60_000_000;
      writeFileSync(blobFile(file), 'content', { mode: 0o600 });
    });

    /** As if the hot app had been there before, with this blob, and had been deleted. */
    function withEarlierLife(change: { readonly inPlace?: true } = {}): Ledger {
      const now = scene.ledger.databases.get(target.hot);
      if (now === undefined) throw new Error('no hot app');
      const blob: BlobHistory = { ...upload, file, storedUs: removedUs - 1, deletedUs: null };
      const before = { ...now, deletedUs: removedUs, blobs: new Map([[file, blob]]) };
      const again = { ...now, base: { ...now.base, epoch: 2, ...change } };
      const databases = new Map([...scene.ledger.databases, [target.hot, again] as const]);
      return { ...scene.ledger, databases, earlier: [before] };
    }

    async function strays(mirror: Mirror, change: { readonly inPlace?: true } = {}): Promise<unknown[]> {
      const { findings } = await verified(mirror, withEarlierLife(change));
      return findings.filter(({ check }) => check === 'blobs').map(({ detail, count }) => [detail, count]);
    }

    test('went with it, and is a fault once the mirror had followed', async () => {
      expect(await strays({ mirroredUpToUs: removedUs })).toEqual([]);
      expect(await strays({ mirroredUpToUs: removedUs + 1 })).toEqual([
        [`${file} went with an earlier life of its app, and is back`, 1],
      ]);
    });

    test('stays where only the database was replaced', async () => {
      expect(await strays({ mirroredUpToUs: scene.killUs }, { inPlace: true })).toEqual([]);
    });

    test('stays in a bucket, from which nobody removes it', async () => {
      const blobFacts = await localBlobFacts(scene.dataDir, await listRestored(scene.dataDir));
      expect(await strays({ blobFacts })).toEqual([]);
    });
  });

  test('without its row, because that is lost, is no fault', async () => {
    const history = scene.ledger.databases.get(target.hot);
    const write = history?.writes.findLast(({ kind }) => kind === 'file-upload');
    const before = drilled.snapshots.get(target.hot)?.get((write?.seq ?? 0) - 1);
    placeDatabase(scene.dataDir, target.hot, before ?? Buffer.alloc(0));
    const { findings, blobs } = await verified({ mirroredUpToUs: scene.killUs });
    expect(findings).toEqual([]);
    expect(blobs?.lostAgesMs).toEqual([]);
  });

  test('staged, and never renamed, is no fault of a known file', async () => {
    writeFileSync(blobFile(`${upload.file}#1`), 'half', { mode: 0o600 });
    expect(await found({ mirroredUpToUs: scene.killUs })).toEqual([]);
  });
});

describe('the loss of blobs', () => {
  test('is measured in uploads and in ms, whatever became of the row, and other bytes count as lost', async () => {
    const { blobs: whole } = await verified({});
    expect(whole).toMatchObject({ lostAgesMs: [] });
    expect(whole?.acknowledgedUploads).toBeGreaterThan(3);
    expect(whole?.expected).toBeGreaterThan(whole?.acknowledgedUploads ?? Infinity);
    const seeded = seededId(target, target.hot, '_files');
    rmSync(blobFile(seeded));
    writeFileSync(blobFile(upload.file), Buffer.alloc(upload.sizeBytes));
    const { blobs } = await verified({});
    const hostStartUs = scene.ledger.databases.get(target.hot)?.base.at ?? 0;
    const seededUs = scene.ledger.databases.get(target.hot)?.blobs.get(seeded)?.storedUs ?? 0;
    expect(blobs).toEqual({
      ...whole,
      lostAgesMs: [ageMs(Math.max(seededUs, hostStartUs)), ageMs(upload.storedUs)],
    });
  });

  test('does not count the blobs of an app that is not back itself', async () => {
    const { blobs: whole } = await verified({});
    rmSync(join(scene.dataDir, dirname(target.hot)), { recursive: true });
    const { blobs } = await verified({});
    expect(blobs?.lostAgesMs).toEqual([]);
    expect(blobs?.acknowledgedUploads).toBe(whole?.acknowledgedUploads);
    expect(blobs?.expected).toBeLessThan(whole?.expected ?? 0);
  });
});

/** Blobs that are elsewhere have no folder on the host either. */
function removeStorage({ dataDir }: Scene, blobs: Iterable<string>): void {
  for (const path of blobs) rmSync(dirname(join(dataDir, path)), { recursive: true, force: true });
}

describe('blobs in a bucket of their own', () => {
  test('are held against the ledger as those on disk are', async () => {
    const facts = new Map(await localBlobFacts(scene.dataDir, await listRestored(scene.dataDir)));
    removeStorage(scene, facts.keys());
    expect(await found({ blobFacts: facts })).toEqual([]);
    const key = `${storageFolder(target.hot)}/${upload.file}`;
    const own = facts.get(key) ?? { sizeBytes: 0, sha256: null };
    for (const fact of [undefined, { ...own, sizeBytes: own.sizeBytes + 1 }, { ...own, sha256: 'other' }]) {
      if (fact === undefined) facts.delete(key);
      else facts.set(key, fact);
      expect(await found({ blobFacts: facts })).toEqual([['blobs', 1, null, undefined]]);
    }
    facts.set(key, own);
    facts.set('README.md', own);
    expect(await found({ blobFacts: facts })).toEqual([['blobs', 1, null, undefined]]);
  });

  test('have no copy in the restored folder', async () => {
    const facts = new Map(await localBlobFacts(scene.dataDir, await listRestored(scene.dataDir)));
    expect(await found({ blobFacts: facts })).toEqual([['clean-host', facts.size, null, undefined]]);
  });

  test('stay when their app is deleted', async () => {
    const facts = new Map(await localBlobFacts(scene.dataDir, await listRestored(scene.dataDir)));
    const gone = [...scene.ledger.databases.values()].filter(({ deletedUs }) => deletedUs !== null);
    const left = gone.flatMap(({ path, blobs }) =>
      [...blobs.values()]
        .filter(({ deletedUs }) => deletedUs === null)
        .map(({ file, sizeBytes, sha256 }) => {
          return [`${storageFolder(path)}/${file}`, { sizeBytes, sha256 }] as const;
        }),
    );
    expect(left.length).toBeGreaterThan(0);
    removeStorage(scene, facts.keys());
    expect(await found({ blobFacts: new Map([...facts, ...left]) })).toEqual([]);
  });
});

test('a mirror that stopped at any instant, and databases that stopped at others, give nothing that is unexplained', async () => {
  const last = drilled.records.length - 1;
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: last }), fc.nat({ max: last }), fc.nat(), async (a, b, choice) => {
      await scene[Symbol.asyncDispose]();
      const [mirroredCount, killCount] = [Math.min(a, b) + 1, Math.max(a, b) + 1];
      const seqOf = (path: string, lastOf: number): number | null => {
        const point = (choice * 7919 + path.length * 31) % (lastOf + 1);
        return drilled.snapshots.get(path)?.has(point) === true ? point : lastOf;
      };
      scene = await layOut(drilled, { records: killCount, seqOf });
      const before = drilled.records.slice(0, mirroredCount);
      const next = drilled.records[mirroredCount];
      const mirroredUpToUs = next === undefined ? scene.killUs : instantOf(next);
      mirrorAt(before);
      const verification = await verified({ mirroredUpToUs });
      expect(verification.findings.filter((one) => one.explainedByLossAgeMs === null)).toEqual([]);
      const evidence = evidenceOf({ ...scene, mirroredUpToUs }, verification);
      const behindMs = ageMs(mirroredUpToUs);
      const promised = verification.findings.filter(({ promise }) => promise === 'blobs');
      // A mirror that stopped longer ago than two of its rounds hung: what it then lost is no fault, and no pass.
      const hung = promised.some(
        ({ explainedByLossAgeMs: lostMs }) => (lostMs ?? 0) > 2000 * (evidence.blobs?.mirrorIntervalSec ?? 0),
      );
      const proves = scene.ledger.acknowledged > 0 && !hung;
      expect(judge(evidence).verdict).toBe(proves ? 'pass' : 'inconclusive');
      for (const age of verification.blobs?.lostAgesMs ?? []) expect(age).toBeLessThanOrEqual(behindMs);
    }),
    { numRuns: 40 },
  );
}, 120_000);

function instantOf(record: LedgerRecord): number {
  return record.t === 'intent' ? record.due : record.at;
}

/** Lays out the blobs as the mirror had them after these records, for the apps that are back. */
function mirrorAt(records: readonly LedgerRecord[]): void {
  const stored = new Set<string>();
  for (const { path, seeded, blobs } of scene.ledger.databases.values()) {
    rmSync(join(scene.dataDir, storageFolder(path)), { recursive: true, force: true });
    if (seeded) for (const blob of blobs.values()) if (blob.seeded) stored.add(`${path}\n${blob.file}`);
  }
  for (const record of records) {
    if (record.t === 'blob-stored') stored.add(`${record.db}\n${record.file}`);
    if (record.t === 'blob-deleted') stored.delete(`${record.db}\n${record.file}`);
    if (record.t === 'gone')
      for (const one of stored) if (one.startsWith(`${record.db}\n`)) stored.delete(one);
  }
  for (const one of stored) {
    const [path = '', file = ''] = one.split('\n');
    const sizeBytes = scene.ledger.databases.get(path)?.blobs.get(file)?.sizeBytes ?? 0;
    const folder = join(scene.dataDir, storageFolder(path));
    // As the recovery does it: only for an app that is back.
    const isBack = drilled.snapshots.has(path) && existsDatabase(path);
    if (!isBack) continue;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), blobContent(file, sizeBytes), { mode: 0o600 });
  }
}

function existsDatabase(path: string): boolean {
  return existsSync(join(scene.dataDir, path));
}
