import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { metaFolder } from './local-position.ts';
import { hasBegunAnew, markPosition, ProtectionTracker } from './protection.ts';

const FRAME = 4096 + 24;
const OLD = '0101010101010101';
const LIVE = '0202020202020202';
const NEXT = '0303030303030303';

let folder: string;
let file: string;
let tracker: ProtectionTracker;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ltx-protection-'));
  file = join(folder, 'x.db');
  writeFileSync(file, 'a database');
  tracker = newTracker();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function newTracker(): ProtectionTracker {
  return new ProtectionTracker({
    prefix: 'prod',
    readObject: () => Promise.reject(new Error('no object has to be read')),
    rule: 'ltx',
  });
}

function name(txid: number): string {
  const hex = txid.toString(16).padStart(16, '0');
  return `${hex}-${hex}.ltx`;
}

/** A file that Litestream has written beside the database: up to `frames` of a WAL. */
function local(txid: number, salts: string, frames: number): void {
  const levels = join(metaFolder(file), 'ltx', '0');
  mkdirSync(levels, { recursive: true });
  const header = Buffer.alloc(100);
  header.writeBigUInt64BE(32n, 48);
  header.writeBigUInt64BE(BigInt(frames * FRAME), 56);
  header.write(salts, 64, 'hex');
  writeFileSync(join(levels, name(txid)), header);
}

/** The end of the live WAL. */
function wal(salts: string, frames: number): void {
  const copy = Buffer.alloc(48);
  copy[12] = 1;
  const view = new DataView(copy.buffer, copy.byteOffset);
  view.setUint16(14, 4096, true);
  view.setUint32(16, frames, true);
  copy.write(salts, 32, 'hex');
  writeFileSync(`${file}-shm`, Buffer.concat([copy, copy]));
}

function remote(...txids: number[]) {
  return txids.map((txid) => ({
    key: `prod/x.db/0000/${name(txid)}`,
    sizeBytes: 1000,
    modifiedAt: new Date(0),
  }));
}

async function observe(objects: ReturnType<typeof remote>, nowUs = 1000) {
  const answer = (await tracker.observe(objects, [{ path: 'x.db', file }], nowUs)).get('x.db');
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

test('nothing, then a file that is not uploaded, then one that is', async () => {
  expect(await observe([])).toMatchObject({ protectedUs: null, reason: 'Litestream has not begun with it' });
  local(1, LIVE, 3);
  expect(await observe([])).toMatchObject({ protectedUs: null, reason: 'no LTX file in the bucket' });
  expect(await observe(remote(1))).toMatchObject({ reason: 'its position cannot be read' });
  wal(LIVE, 4);
  expect(await observe(remote(1))).toMatchObject({ reason: 'Litestream has not taken in its WAL yet' });
  local(2, LIVE, 4);
  expect(await observe(remote(1))).toMatchObject({ reason: 'TXID 2 is not uploaded yet' });
  expect(await observe(remote(1, 2), 5000)).toMatchObject({ protectedUs: 5000, position: { txid: 2 } });
  wal(LIVE, 40);
  expect(await observe(remote(1, 2), 6000)).toMatchObject({ protectedUs: 5000 });
});

test('a chain of the database that this one was restored from is no protection', async () => {
  wal(LIVE, 3);
  expect(await observe(remote(1, 2, 3))).toMatchObject({ reason: 'Litestream has not begun with it' });
  local(3, OLD, 9);
  expect(await observe(remote(1, 2, 3))).toMatchObject({ protectedUs: null });
  local(4, LIVE, 3);
  expect(await observe(remote(1, 2, 3))).toMatchObject({ reason: 'TXID 4 is not uploaded yet' });
  expect(await observe(remote(1, 2, 3, 4))).toMatchObject({ reason: 'protected' });
});

test('a bucket that is ahead is somebody else’s', async () => {
  local(2, LIVE, 3);
  wal(LIVE, 3);
  expect(await observe(remote(1, 2))).toMatchObject({ reason: 'protected' });
  expect(await observe(remote(1, 2, 3))).toMatchObject({
    protectedUs: null,
    reason: 'the bucket is at TXID 3, but this database only at TXID 2',
  });
});

test('a hole, and a newest file that is gone, end the protection', async () => {
  for (const txid of [1, 2, 3]) local(txid, LIVE, txid);
  wal(LIVE, 3);
  expect(await observe(remote(1, 2, 3))).toMatchObject({ reason: 'protected' });
  expect(await observe(remote(1, 3))).toMatchObject({ protectedUs: null, reason: /TXID 2 is missing/ });
  expect(await observe(remote(1, 2))).toMatchObject({
    protectedUs: null,
    reason: /TXID 3 was in the bucket/,
  });
});

test('the target is taken anew when its WAL ends before a file reached it', async () => {
  local(1, OLD, 1);
  wal(OLD, 5);
  expect(await observe(remote(1))).toMatchObject({ protectedUs: null });
  wal(LIVE, 2);
  local(2, LIVE, 2);
  expect(await observe(remote(1, 2))).toMatchObject({ reason: 'protected' });
});

test('another file at this path begins anew, and counts nothing that was there before', async () => {
  local(1, LIVE, 3);
  wal(LIVE, 3);
  expect(await observe(remote(1))).toMatchObject({ reason: 'protected' });
  writeFileSync(`${file}.new`, 'another database');
  renameSync(`${file}.new`, file);
  // What a Litestream with the former file open makes: the newcomer's WAL, and the former's pages.
  local(2, NEXT, 4);
  wal(NEXT, 4);
  tracker.replaced({ path: 'x.db', file });
  expect(await observe(remote(1, 2))).toMatchObject({ protectedUs: null });
  local(3, NEXT, 4);
  expect(await observe(remote(1, 2, 3))).toMatchObject({ reason: 'protected' });
});

test('another file is noticed without being told of', async () => {
  local(1, LIVE, 3);
  wal(LIVE, 3);
  expect(await observe(remote(1))).toMatchObject({ reason: 'protected' });
  writeFileSync(`${file}.new`, 'another database');
  renameSync(`${file}.new`, file);
  expect(await observe(remote(1))).toMatchObject({ protectedUs: null });
});

test('a commit is covered when a file that holds it is in the bucket', async () => {
  local(1, LIVE, 3);
  wal(LIVE, 3);
  const early = { ...markPosition(file, 500), ltx: null };
  await observe(remote(1));
  expect(await tracker.covers('x.db', early)).toBe(true);
  wal(LIVE, 5);
  const mark = markPosition(file, 2000);
  expect(await tracker.covers('x.db', mark)).toBe(false);
  local(2, LIVE, 4);
  await observe(remote(1, 2));
  expect(await tracker.covers('x.db', mark)).toBe(false);
  local(3, NEXT, 1);
  wal(NEXT, 1);
  expect(await tracker.covers('x.db', mark)).toBe(false);
  await observe(remote(1, 2, 3));
  expect(await tracker.covers('x.db', mark)).toBe(true);
  expect(await tracker.covers('unknown.db', mark)).toBe(false);
});

test('a Litestream that has thrown its files away has begun anew', () => {
  local(4, LIVE, 3);
  expect(hasBegunAnew(file, { txid: 4 })).toBe(false);
  rmSync(metaFolder(file), { recursive: true });
  expect(hasBegunAnew(file, { txid: 4 })).toBe(true);
});
