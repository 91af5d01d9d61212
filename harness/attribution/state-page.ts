/** https://www.sqlite.org/fileformat2.html#b_tree_pages: leaf page of a table. */
const TABLE_LEAF = 0x0d;
const CELL_COUNT = 3;
const FIRST_POINTER = 8;

/** `seq` of the one row (id, seq, life) on the page of `_drill_state`; null: it is no such page. */
export function stateSeq(page: Buffer): number | null {
  if (page[0] !== TABLE_LEAF || page.readUInt16BE(CELL_COUNT) !== 1) return null;
  let at = page.readUInt16BE(FIRST_POINTER);
  const varint = (): number => {
    let value = 0;
    // Nine bytes at most; lengths and types are small.
    for (let count = 0; count < 9; count++) {
      const byte = page[at++] ?? 0;
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) break;
    }
    return value;
  };
  varint(); // length of the record
  varint(); // rowid, which is the id
  const headerAt = at;
  const headerBytes = varint();
  const types = [varint(), varint(), varint()];
  if (at !== headerAt + headerBytes) return null;
  // The id is kept in the rowid: its own column is NULL.
  if (types[0] !== 0) return null;
  return integer(page, at, types[1] ?? 0);
}

const BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 6 };

/** An integer by its serial type; null for anything else. Numbers of writes need no more than six bytes. */
function integer(page: Buffer, at: number, type: number): number | null {
  if (type === 8 || type === 9) return type - 8;
  const sizeBytes = BYTES[type];
  return sizeBytes === undefined || at + sizeBytes > page.length ? null : page.readIntBE(at, sizeBytes);
}
