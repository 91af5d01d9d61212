import { lz4FrameEnd, unpackLz4Block, unpackLz4Frame } from './lz4.ts';

/** https://github.com/superfly/ltx: a header of 100 bytes, then the pages, each with its number, and an empty one at their end. */
const HEADER_BYTES = 100;
const TIME_AT = 32;
const PAGE_HEADER_BYTES = 6;
/** Flag of a page that is one LZ4 block, with its size before it; the others are LZ4 frames, which end by themselves. */
const SIZED = 1;

/** When an LTX file was made: what `restore -timestamp` goes by. Milliseconds since 1970. */
export function ltxTimeMs(file: Buffer): number {
  return Number(file.readBigInt64BE(TIME_AT));
}

/** A page out of an LTX file; null: it is not in it. Throws where the file cannot be read. */
export function pageInLtx(file: Buffer, wanted: number): Buffer | null {
  for (let at = HEADER_BYTES; ; ) {
    const page = file.readUInt32BE(at);
    const isSized = (file.readUInt16BE(at + 4) & SIZED) !== 0;
    at += PAGE_HEADER_BYTES;
    if (page === 0) return null;
    const from = isSized ? at + 4 : at;
    const to = isSized ? from + file.readUInt32BE(at) : lz4FrameEnd(file, at);
    if (page === wanted) return (isSized ? unpackLz4Block : unpackLz4Frame)(file.subarray(from, to));
    at = to;
  }
}
