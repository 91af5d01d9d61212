/**
 * Unpacks LZ4, in which Litestream keeps everything that it uploads. Node brings Zstandard and Brotli, and no LZ4; nothing
 * but what a drill reads back of a bucket goes through here, never a restore.
 */

const MAGIC = 0x184d2204;
/** An object that unpacks to more is not read: it explains nothing that is worth the memory. */
const MOST_BYTES = 1 << 30;

/** One frame, as Litestream 0.3 makes of a run of WAL, and 0.5 up to 0.5.14 of a page. Throws where it is damaged. */
export function unpackLz4Frame(frame: Buffer): Buffer {
  const out = new Output();
  walkFrame(frame, 0, (block, isStored) => {
    if (isStored) out.literals(block);
    else unpackInto(out, block);
  });
  return out.bytes();
}

/** Where the frame that begins at `at` has its end. */
export function lz4FrameEnd(bytes: Buffer, at: number): number {
  return walkFrame(bytes, at, () => undefined);
}

function walkFrame(bytes: Buffer, from: number, onBlock: (block: Buffer, isStored: boolean) => void): number {
  if (bytes.readUInt32LE(from) !== MAGIC) throw new Error('not an LZ4 frame');
  const flags = bytes.readUInt8(from + 4);
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4;
  const contentChecksum = (flags & 0x04) === 0 ? 0 : 4;
  let at = from + 6 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4) + 1;
  for (;;) {
    const header = bytes.readUInt32LE(at); // throws beyond the end
    at += 4;
    if (header === 0) return at + contentChecksum;
    const sizeBytes = header & 0x7fffffff;
    if (at + sizeBytes > bytes.length) throw new Error('the LZ4 frame is cut off');
    onBlock(bytes.subarray(at, at + sizeBytes), header >>> 31 === 1);
    at += sizeBytes + blockChecksum;
  }
}

/** One block without a frame, as Litestream 0.5 makes of a page. */
export function unpackLz4Block(block: Buffer): Buffer {
  const out = new Output();
  unpackInto(out, block);
  return out.bytes();
}

/** A block is a row of sequences: literals, then a copy of what came before; the last one has literals only. */
function unpackInto(out: Output, block: Buffer): void {
  let at = 0;
  const extended = (nibble: number): number => {
    let value = nibble;
    if (nibble < 15) return value;
    let more: number;
    do {
      more = block.readUInt8(at++);
      value += more;
    } while (more === 255);
    return value;
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literals = extended(token >>> 4);
    if (at + literals > block.length) throw new Error('the LZ4 block is damaged');
    out.literals(block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) return;
    const back = block.readUInt16LE(at);
    at += 2;
    out.copy(back, extended(token & 0x0f) + 4);
  }
}

class Output {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  literals(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.#buffer, this.#length);
    this.#length += bytes.length;
  }

  copy(back: number, length: number): void {
    const from = this.#length - back;
    if (back === 0 || from < 0) throw new Error('the LZ4 block is damaged');
    this.#reserve(length);
    // It may reach into what it is just writing: a run of one byte is a copy of the one before.
    for (let index = 0; index < length; index++) {
      this.#buffer[this.#length + index] = this.#buffer[from + index] ?? 0;
    }
    this.#length += length;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted > MOST_BYTES) throw new Error('it unpacks to more than is read');
    if (wanted <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
