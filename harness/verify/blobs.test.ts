import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { blobPath } from '../fleet/layout.ts';
import type { LedgerRecord } from '../ledger/records.ts';
import { placeOf } from './places.ts';
import { drillFleet, type DrilledFleet } from './sabotage/drilled-fleet.ts';
import { layOut, type Scene } from './sabotage/scene.ts';
import { idOf, lastingWrite, seededId, type Target, targetIn } from './sabotage/target.ts';
import { verifyFleet } from './verify-fleet.ts';

/** Blobs that the operator's mirror could not yet have. */

let drilled: DrilledFleet;
let scene: Scene;
let target: Target;
let upload: { readonly blob: string; readonly atUs: number };
beforeAll(async () => {
  drilled = await drillFleet(7);
}, 60_000);
afterAll(async () => drilled[Symbol.asyncDispose]());
beforeEach(async () => {
  scene = await layOut(drilled);
  target = targetIn(drilled, scene);
  const { effects, atUs } = lastingWrite(target, target.hot, 'file-upload');
  upload = { blob: blobOf(idOf(effects[0]?.[1] ?? '[]')), atUs: atUs ?? Number.NaN };
});
afterEach(async () => scene[Symbol.asyncDispose]());

function blobOf(id: string): string {
  const place = placeOf(target.hot);
  return join(scene.dataDir, blobPath(place?.realm ?? '', place?.app ?? '', id));
}

/** Count and age of every finding. */
async function found(mirroredUpToUs?: number): Promise<unknown[]> {
  const { dataDir: restoredDir, ledger, killUs } = scene;
  const mirror = mirroredUpToUs === undefined ? {} : { mirroredUpToUs };
  const { findings } = await verifyFleet({ restoredDir, ledger, killUs, parallelism: 1, ...mirror });
  return findings.map(({ check, count, explainedByLossAgeMs }) => [check, count, explainedByLossAgeMs]);
}

function uploadAgeMs(): number {
  return (scene.killUs - upload.atUs) / 1000;
}

describe('a missing blob', () => {
  test('that was uploaded when or after the last round began is explained', async () => {
    rmSync(upload.blob);
    expect(await found(upload.atUs)).toEqual([['blobs', 1, 0]]);
    expect(await found(upload.atUs - 1)).toEqual([['blobs', 1, 0]]);
  });

  test('that was uploaded before the last round, or of which no round is known, is as old as the upload', async () => {
    rmSync(upload.blob);
    expect(await found(upload.atUs + 1)).toEqual([['blobs', 1, uploadAgeMs()]]);
    expect(await found()).toEqual([['blobs', 1, uploadAgeMs()]]);
  });

  test('that was seeded is explained by no round', async () => {
    rmSync(blobOf(seededId(target, target.hot, '_files')));
    expect(await found(0)).toEqual([['blobs', 1, null]]);
  });

  test('whose upload was never answered is explained', async () => {
    const { records } = drilled;
    const isUpload = (record: LedgerRecord): boolean =>
      record.t === 'intent' && record.kind === 'file-upload';
    await scene[Symbol.asyncDispose]();
    scene = await layOut(drilled, { records: records.findLastIndex(isUpload) + 1 });
    const intent = records.findLast(isUpload);
    if (intent?.t !== 'intent' || intent.db !== target.hot) throw new Error('choose another seed');
    rmSync(blobOf(idOf(intent.effects[0]?.[1] ?? '[]')));
    expect(await found(scene.killUs)).toEqual([['blobs', 1, 0]]);
  });
});

describe('a blob that is there', () => {
  test('and was cut short by the end of the host is explained as a missing one is', async () => {
    truncateSync(upload.blob, Math.floor(readFileSync(upload.blob).length / 2));
    expect(await found(upload.atUs)).toEqual([['blobs', 1, 0]]);
    expect(await found(upload.atUs + 1)).toEqual([['blobs', 1, uploadAgeMs()]]);
  });

  test('with more bytes is explained by no round', async () => {
    writeFileSync(upload.blob, Buffer.concat([readFileSync(upload.blob), Buffer.alloc(1)]));
    expect(await found(upload.atUs)).toEqual([['blobs', 1, uploadAgeMs()]]);
  });

  test('with other bytes is explained by nothing', async () => {
    writeFileSync(upload.blob, Buffer.alloc(readFileSync(upload.blob).length));
    expect(await found(upload.atUs)).toEqual([['blobs', 1, null]]);
  });
});
