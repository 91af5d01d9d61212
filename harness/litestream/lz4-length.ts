const MAGIC = 0x184d2204;

/**
 * Uncompressed length of one LZ4 frame, by walking its block structure without unpacking it. Throws when the frame
 * is not whole. Litestream's segments do not state their length, and where a segment ends is what protection rests on.
 */
export function lz4FrameLength(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 7 || view.getUint32(0, true) !== MAGIC) throw new Error('not an LZ4 frame');
  const flags = view.getUint8(4);
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4;
  const contentChecksum = (flags & 0x04) === 0 ? 0 : 4;
  let at = 6 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4) + 1;
  let length = 0;
  for (;;) {
    if (at + 4 > frame.length) throw new Error('the LZ4 frame is cut off');
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) break;
    const sizeBytes = header & 0x7fffffff;
    if (at + sizeBytes + blockChecksum > frame.length) throw new Error('the LZ4 frame is cut off');
    const stored = header >>> 31 === 1;
    length += stored ? sizeBytes : blockLength(frame.subarray(at, at + sizeBytes));
    at += sizeBytes + blockChecksum;
  }
  if (at + contentChecksum > frame.length) throw new Error('the LZ4 frame is cut off');
  return length;
}

/** A block is a row of sequences: literals, then a copy of earlier bytes; the last one has literals only. */
function blockLength(block: Uint8Array): number {
  let at = 0;
  let length = 0;
  const extended = (nibble: number): number => {
    let value = nibble;
    if (nibble < 15) return value;
    let more: number | undefined;
    do {
      more = block[at++];
      if (more === undefined) throw new Error('the LZ4 block is damaged');
      value += more;
    } while (more === 255);
    return value;
  };
  while (at < block.length) {
    const token = block[at++] ?? 0;
    const literals = extended(token >>> 4);
    at += literals;
    length += literals;
    if (at === block.length) return length;
    at += 2;
    if (at > block.length) throw new Error('the LZ4 block is damaged');
    length += extended(token & 0x0f) + 4;
  }
  throw new Error('the LZ4 block is damaged');
}
