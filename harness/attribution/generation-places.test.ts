import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Generation } from '../litestream/generation-layout.ts';
import { generationPlaces } from './generation-places.ts';

/** The host died just after Litestream 0.3 had begun a generation of which nothing is in the bucket yet. */

const STATE_PAGE = 2;
const PAGE_BYTES = 512;
const DEAD: Parameters<typeof generationPlaces>[1] = { seq: 20, statePage: STATE_PAGE, wal: null };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'generation-places-'));
  file = join(folder, 'data.db');
  const meta = join(folder, '.data.db-litestream');
  mkdirSync(join(meta, 'generations', 'bbbbbbbbbbbbbbbb', 'wal'), { recursive: true });
  writeFileSync(join(meta, 'generation'), 'bbbbbbbbbbbbbbbb\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A database of two pages, the second of which is that of `_drill_state`. */
function snapshotWith(seq: number): Buffer {
  const database = Buffer.alloc(2 * PAGE_BYTES);
  database.writeUInt16BE(PAGE_BYTES, 16);
  const page = database.subarray(PAGE_BYTES);
  page[0] = 0x0d;
  page.writeUInt16BE(1, 3);
  page.writeUInt16BE(400, 8);
  // Length, rowid; of the record: length of its header, NULL for the id, one byte each for two columns.
  Buffer.of(6, 1, 4, 0, 1, 1, seq, 1).copy(page, 400);
  return inFrame(database);
}

/** https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md: one block that is not compressed. */
function inFrame(data: Buffer): Buffer {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 0, 0, 0, 0]);
  head.writeUInt32LE((0x80000000 | data.length) >>> 0, 7);
  return Buffer.concat([head, data, Buffer.alloc(4)]);
}

function generationOf(id: string): Generation {
  const snapshot = { key: id, index: 0, sizeBytes: 100, modifiedAt: new Date(0) };
  return { id, snapshots: [snapshot], segments: [] };
}

async function uploaded(objects: Readonly<Record<string, Buffer | null>>) {
  const generations = Object.keys(objects).map(generationOf);
  const { uploaded: reach } = await generationPlaces(file, DEAD, generations, (key) =>
    Promise.resolve(objects[key] ?? null),
  );
  return reach;
}

it('reads in the former ones how far the uploads had come', async () => {
  expect(await uploaded({ aaaaaaaaaaaaaaaa: snapshotWith(5) })).toEqual({ upTo: 5, atMost: 5 });
  expect(await uploaded({ aaaaaaaaaaaaaaaa: snapshotWith(5), cccccccccccccccc: snapshotWith(7) })).toEqual({
    upTo: 7,
    atMost: 7,
  });
});

it('does not know it of one that cannot be read', async () => {
  expect(await uploaded({ aaaaaaaaaaaaaaaa: null })).toEqual({ upTo: -1, atMost: 20 });
  expect(await uploaded({ aaaaaaaaaaaaaaaa: snapshotWith(5), cccccccccccccccc: null })).toEqual({
    upTo: 5,
    atMost: 20,
  });
});

it('knows that nothing is there where nothing is', async () => {
  expect(await uploaded({})).toEqual({ upTo: -1, atMost: -1 });
});
