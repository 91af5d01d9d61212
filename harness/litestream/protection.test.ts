import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localPosition, metaFolder } from './local-position.ts';
import { markPosition, ProtectionTracker } from './protection.ts';

const A = 'a'.repeat(16);
const B = 'b'.repeat(16);
const FRAME = 4096 + 24;
const SALTS = '0102030405060708';

let folder: string;
let file: string;
let tracker: ProtectionTracker;
let reads: string[];
let bodies: Map<string, Uint8Array>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'protection-'));
  file = join(folder, 'x.db');
  reads = [];
  bodies = new Map();
  tracker = new ProtectionTracker({
    prefix: 'prod',
    readObject: (key) => {
      reads.push(key);
      const body = bodies.get(key);
      return body === undefined ? Promise.reject(new Error('no such key')) : Promise.resolve(body);
    },
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The local state as Litestream and SQLite leave it: shadow WAL of `shadow` frames, real WAL of `real` frames. */
function local(state: {
  generation?: string;
  index?: number;
  shadow: number;
  /** Frames by the WAL index; null: there is none, nobody has the database open. Default: as many as the shadow's. */
  real?: number | null;
  realSalts?: string;
}): void {
  const { generation = A, index = 0, shadow, real = shadow, realSalts = SALTS } = state;
  const wal = join(metaFolder(file), 'generations', generation, 'wal');
  mkdirSync(wal, { recursive: true });
  writeFileSync(join(metaFolder(file), 'generation'), `${generation}\n`);
  const header = Buffer.alloc(32 + shadow * FRAME);
  header.writeUInt32BE(4096, 8);
  header.write(SALTS, 16, 'hex');
  writeFileSync(join(wal, `${index.toString(16).padStart(8, '0')}.wal`), header);
  rmSync(`${file}-shm`, { force: true });
  if (real === null) return;
  const copy = Buffer.alloc(48);
  copy[12] = 1;
  new DataView(copy.buffer, copy.byteOffset).setUint16(14, 4096, true);
  new DataView(copy.buffer, copy.byteOffset).setUint32(16, real, true);
  copy.write(realSalts, 32, 'hex');
  writeFileSync(`${file}-shm`, Buffer.concat([copy, copy]));
}

function snapshot(generation = A, second = 1, index = '00000000') {
  return object(`prod/x.db/generations/${generation}/snapshots/${index}.snapshot.lz4`, second);
}

function segment(
  offset: number,
  options: { index?: string; frames?: number; generation?: string; second?: number } = {},
) {
  const { index = '00000000', frames, generation = A, second = 2 } = options;
  const key = `prod/x.db/generations/${generation}/wal/${index}_${offset.toString(16).padStart(8, '0')}.wal.lz4`;
  if (frames !== undefined) bodies.set(key, stored(frames * FRAME + (offset === 0 ? 32 : 0)));
  return object(key, second);
}

function object(key: string, second: number) {
  return { key, sizeBytes: 1, modifiedAt: new Date(second * 1000) };
}

/** An LZ4 frame with one stored block of that length. */
function stored(length: number): Uint8Array {
  const frame = Buffer.alloc(7 + 4 + length + 4);
  Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0]).copy(frame);
  frame.writeUInt32LE((length | 0x80000000) >>> 0, 7);
  return frame;
}

async function observe(objects: ReturnType<typeof object>[], nowUs = 1000) {
  const answers = await tracker.observe(objects, [{ path: 'x.db', file }], nowUs);
  const answer = answers.get('x.db');
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

test('the position is the end of the shadow or of the real WAL, whichever is further', () => {
  expect(localPosition(file)).toBeNull();
  local({ shadow: 3, index: 10, real: null });
  expect(localPosition(file), 'nobody has it open: it may have changed unseen').toBeNull();
  local({ shadow: 3, index: 10 });
  expect(localPosition(file)).toEqual({ generation: A, index: 10, offset: 32 + 3 * FRAME });
  local({ shadow: 3, index: 10, real: 5 });
  expect(localPosition(file)?.offset).toBe(32 + 5 * FRAME);
  local({ shadow: 3, index: 10, real: 2, realSalts: 'ffffffffffffffff' });
  expect(localPosition(file)).toEqual({ generation: A, index: 11, offset: 32 + 2 * FRAME });
  local({ shadow: 3, index: 10, real: 0, realSalts: 'ffffffffffffffff' });
  expect(localPosition(file)).toEqual({ generation: A, index: 10, offset: 32 + 3 * FRAME });
});

test('nothing, then a snapshot, then too little WAL, then enough', async () => {
  expect(await observe([])).toMatchObject({ protectedUs: null, reason: 'Litestream has not begun with it' });
  local({ shadow: 2, real: 4 });
  expect(await observe([])).toMatchObject({ protectedUs: null, reason: 'no snapshot in the bucket' });
  expect(await observe([snapshot()])).toMatchObject({ protectedUs: null, reason: /not uploaded up to/ });
  const short = segment(0, { frames: 3 });
  expect(await observe([snapshot(), short])).toMatchObject({ protectedUs: null });
  const rest = segment(32 + 3 * FRAME, { frames: 1 });
  expect(await observe([snapshot(), short, rest], 5000)).toMatchObject({
    protectedUs: 5000,
    reason: 'protected',
  });
  expect(await observe([snapshot(), short, rest], 6000)).toMatchObject({ protectedUs: 5000 });
  expect(reads).toEqual([short.key, rest.key]);
});

test('a later segment proves the end of the one before it without reading it', async () => {
  local({ shadow: 3 });
  const objects = [snapshot(), segment(0), segment(32 + 3 * FRAME)];
  expect(await observe(objects)).toMatchObject({ protectedUs: 1000 });
  expect(reads).toEqual([]);
});

test('a last segment that is cut off proves nothing', async () => {
  local({ shadow: 3 });
  const last = segment(0, { frames: 3 });
  bodies.set(last.key, stored(3 * FRAME + 32).subarray(0, 1000));
  expect(await observe([snapshot(), last])).toMatchObject({ protectedUs: null, reason: /cut off/ });
});

test('a new snapshot of the same generation opens the window again', async () => {
  local({ shadow: 3 });
  const first = segment(0, { frames: 3 });
  expect(await observe([snapshot(), first])).toMatchObject({ protectedUs: 1000 });
  local({ shadow: 3, real: 9 });
  expect(await observe([snapshot(A, 3), first], 2000)).toMatchObject({ protectedUs: null });
  const second = segment(32 + 3 * FRAME, { frames: 6 });
  expect(await observe([snapshot(A, 3), first, second], 3000)).toMatchObject({ protectedUs: 3000 });
});

test('a new generation ends the protection before it has objects, and until it is sound', async () => {
  local({ shadow: 3 });
  const old = [snapshot(), segment(0, { frames: 3 })];
  expect(await observe(old)).toMatchObject({ protectedUs: 1000 });
  local({ shadow: 1, generation: B });
  expect(await observe(old)).toMatchObject({
    protectedUs: null,
    reason: /a restore would take generation a+/,
  });
  expect(await observe([...old, snapshot(B, 9)])).toMatchObject({ protectedUs: null });
  const sound = segment(0, { generation: B, frames: 1, second: 9 });
  expect(await observe([...old, snapshot(B, 9), sound], 7000)).toMatchObject({ protectedUs: 7000 });
});

test('the generation of a database that another has replaced protects nothing', async () => {
  local({ shadow: 3 });
  const old = [snapshot(), segment(0, { frames: 3 })];
  expect(await observe(old)).toMatchObject({ protectedUs: 1000 });
  tracker.replaced({ path: 'x.db', file });
  expect(await observe(old, 2000)).toMatchObject({
    protectedUs: null,
    reason: /generation a+ is of the database that was here before/,
  });
  local({ shadow: 1, generation: B });
  const sound = [...old, snapshot(B, 9), segment(0, { generation: B, frames: 1, second: 9 })];
  expect(await observe(sound, 7000)).toMatchObject({ protectedUs: 7000 });
});

test('a sound generation that a restore would not take is no protection', async () => {
  local({ shadow: 1, generation: B });
  const stale = snapshot(A, 60);
  expect(await observe([stale, snapshot(B, 9), segment(0, { generation: B, frames: 1 })])).toMatchObject({
    protectedUs: null,
    reason: /a restore would take generation a+, but b+ is being written/,
  });
});

test('a segment that vanishes ends the protection', async () => {
  local({ shadow: 3 });
  const [first, second, third] = [segment(0), segment(32 + 3 * FRAME), segment(32 + 4 * FRAME)];
  expect(await observe([snapshot(), first, second, third])).toMatchObject({ protectedUs: 1000 });
  expect(await observe([snapshot(), first, third])).toMatchObject({ protectedUs: null, reason: /is gone/ });
  const later = segment(32 + 5 * FRAME);
  expect(await observe([snapshot(), first, third, later])).toMatchObject({
    protectedUs: null,
    reason: /is gone/,
  });
});

test('a commit is covered when the bucket has come that far', async () => {
  local({ shadow: 3 });
  const first = segment(0, { frames: 3 });
  await observe([snapshot(), first], 1000);
  local({ shadow: 3, real: 5 });
  const mark = markPosition(file, 2000);
  expect(await tracker.covers('x.db', mark)).toBe(false);
  const second = segment(32 + 3 * FRAME, { frames: 2 });
  await observe([snapshot(), first, second], 3000);
  expect(await tracker.covers('x.db', mark)).toBe(true);
});

test('a commit from before the generation is covered by a snapshot seen after it', async () => {
  const mark = markPosition(file, 2000);
  expect(mark.position).toBeNull();
  local({ shadow: 3 });
  const objects = [snapshot(), segment(0, { frames: 3 })];
  await observe(objects, 3000);
  expect(await tracker.covers('x.db', mark)).toBe(true);
  expect(await tracker.covers('x.db', { position: null, ltx: null, atUs: 4000 })).toBe(false);
  expect(await tracker.covers('unknown.db', mark)).toBe(false);
});
