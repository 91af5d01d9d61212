import { expect, test } from 'vitest';
import { lz4FrameEnd, unpackLz4Block, unpackLz4Frame } from './lz4.ts';
import { lz4FrameLength } from './lz4-length.ts';

/** Three literals, a copy of five that reaches into itself, two literals. */
const BLOCK = [0x31, 65, 66, 67, 3, 0, 0x20, 68, 69];
/** Block checksum off, content checksum on, as Litestream writes them. */
const FRAME = Buffer.concat([
  Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x64, 0x70, 0xb9]),
  Buffer.from([BLOCK.length, 0, 0, 0, ...BLOCK]),
  Buffer.from([3, 0, 0, 0x80, 88, 89, 90]),
  Buffer.from([0, 0, 0, 0, 1, 2, 3, 4]),
]);

test('unpacks literals and copies', () => {
  expect(unpackLz4Block(Buffer.from(BLOCK)).toString()).toBe('ABCABCABDE');
});

test('unpacks lengths of more than one byte', () => {
  const block = [0xff, 255, 5, ...Array.from({ length: 275 }, () => 7), 1, 0, 255, 0, 0x10, 8];
  expect(unpackLz4Block(Buffer.from(block))).toEqual(Buffer.from([...Array(275 + 274).fill(7), 8]));
});

test('unpacks a frame, blocks that are only stored among them, and finds its end', () => {
  expect(unpackLz4Frame(FRAME).toString()).toBe('ABCABCABDEXYZ');
  expect(unpackLz4Frame(FRAME)).toHaveLength(lz4FrameLength(FRAME));
  expect(lz4FrameEnd(Buffer.concat([Buffer.from([9, 9]), FRAME, Buffer.from([9])]), 2)).toBe(
    2 + FRAME.length,
  );
});

test('a frame that is cut off, or points to before its beginning, is an error', () => {
  const withoutChecksum = FRAME.length - 4;
  for (let length = 0; length < withoutChecksum; length++) {
    expect(() => unpackLz4Frame(FRAME.subarray(0, length)), `cut to ${length}`).toThrow();
  }
  expect(() => unpackLz4Block(Buffer.from([0x10, 65, 2, 0, 0x00]))).toThrow(/damaged/);
});
