import { expect, test } from 'vitest';
import { lz4FrameLength } from './lz4-length.ts';

/** Frames with block checksum flag off, content checksum on, as Litestream writes them. */
function frame(...blocks: { bytes: number[]; stored?: boolean }[]): Uint8Array {
  const out = [0x04, 0x22, 0x4d, 0x18, 0x64, 0x70, 0xb9];
  for (const { bytes, stored = false } of blocks) {
    const header = bytes.length + (stored ? 0x80000000 : 0);
    out.push(header & 0xff, (header >>> 8) & 0xff, (header >>> 16) & 0xff, header >>> 24, ...bytes);
  }
  return Uint8Array.from([...out, 0, 0, 0, 0, 1, 2, 3, 4]);
}

test('counts literals, copies and stored blocks', () => {
  expect(lz4FrameLength(frame())).toBe(0);
  // 3 literals, a copy of 4 + 1 bytes, then 2 literals.
  expect(lz4FrameLength(frame({ bytes: [0x31, 65, 66, 67, 3, 0, 0x20, 68, 69] }))).toBe(10);
  expect(lz4FrameLength(frame({ bytes: [1, 2, 3], stored: true }, { bytes: [0x10, 65] }))).toBe(4);
});

test('counts lengths of more than one byte', () => {
  // 15 + 255 + 5 literals, a copy of 15 + 255 + 0 + 4, one last literal.
  const bytes = [0xff, 255, 5, ...Array.from({ length: 275 }, () => 7), 1, 0, 255, 0, 0x10, 8];
  expect(lz4FrameLength(frame({ bytes }))).toBe(275 + 274 + 1);
});

test('a frame cut off anywhere is an error', () => {
  const whole = frame({ bytes: [0x31, 65, 66, 67, 3, 0, 0x20, 68, 69] });
  for (let length = 0; length < whole.length; length++) {
    expect(() => lz4FrameLength(whole.subarray(0, length)), `cut to ${length}`).toThrow(/LZ4/);
  }
});
