import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LtxObject } from '../litestream/ltx-layout.ts';
import { ltxPlaces } from './ltx-places.ts';

/** A WAL that has begun anew since the last upload: the dead disk tells nothing of the former one. */

const STATE_PAGE = 3;
const DEAD = {
  seq: 20,
  statePage: STATE_PAGE,
  wal: { salts: 'ffffffffffffffff', commits: [{ seq: 19, end: 4152 }] },
} as Parameters<typeof ltxPlaces>[1];
/** What is beside the database and what is in the bucket, each by its last write. */
const perhaps = (upTo: number) => ({ upTo, atMost: DEAD.seq });
const exactly = (seq: number) => ({ upTo: seq, atMost: seq });

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ltx-places-'));
  file = join(folder, 'data.db');
  mkdirSync(join(folder, '.data.db-litestream', 'ltx', '0'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** https://github.com/superfly/ltx: a header, one page as an LZ4 block of nothing but literals, an empty page. */
function ltxFile(pageNumber: number, page: Buffer): Buffer {
  const lengths = [
    ...Array.from({ length: Math.floor((page.length - 15) / 255) }, () => 255),
    (page.length - 15) % 255,
  ];
  const block = Buffer.concat([Buffer.of(0xf0, ...lengths), page]);
  const head = Buffer.alloc(10);
  head.writeUInt32BE(pageNumber, 0);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(block.length, 6);
  return Buffer.concat([Buffer.alloc(100), head, block, Buffer.alloc(6)]);
}

/** The page of `_drill_state` with this number of the last write. */
function statePage(seq: number): Buffer {
  const page = Buffer.alloc(512);
  page[0] = 0x0d;
  page.writeUInt16BE(1, 3);
  page.writeUInt16BE(400, 8);
  // Length, rowid; of the record: length of its header, NULL for the id, two bytes of one column each.
  Buffer.of(6, 1, 4, 0, 1, 1, seq, 1).copy(page, 400);
  return page;
}

function lay(txid: number, bytes: Buffer): void {
  const name = txid.toString(16).padStart(16, '0');
  writeFileSync(join(folder, '.data.db-litestream', 'ltx', '0', `${name}-${name}.ltx`), bytes);
}

function object(txid: number): LtxObject {
  return { key: String(txid), level: 0, minTxid: txid, maxTxid: txid } as LtxObject;
}

async function placesOf(objects: Readonly<Record<number, Buffer | null>>) {
  const ltx = Object.keys(objects).map((txid) => object(Number(txid)));
  return ltxPlaces(file, DEAD, ltx, (key) => Promise.resolve(objects[Number(key)] ?? null));
}

it('reads the last write in the newest file that has one', async () => {
  lay(8, ltxFile(STATE_PAGE, statePage(17)));
  lay(9, ltxFile(7, Buffer.alloc(512)));
  const uploaded = { 6: ltxFile(STATE_PAGE, statePage(11)), 7: ltxFile(STATE_PAGE, statePage(12)) };
  expect(await placesOf(uploaded)).toEqual({ staged: exactly(17), uploaded: exactly(12) });
});

it('knows no more than what was before one that cannot be read', async () => {
  lay(8, ltxFile(STATE_PAGE, statePage(17)));
  const uploaded = { 6: ltxFile(STATE_PAGE, statePage(11)), 7: null };
  expect(await placesOf(uploaded)).toEqual({ staged: exactly(17), uploaded: perhaps(11) });
  expect((await placesOf({ 7: null })).uploaded).toEqual(perhaps(-1));
});
