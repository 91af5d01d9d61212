import { open } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;
/** A record is a few KB; a line longer than this is damage, not a record. */
const LINE_BYTES_MAX = 64 << 20;
const NEWLINE = 10;

/** Lines of a file, many at a time. `torn`: what stands behind the last newline, or null. */
export interface LineBatch {
  readonly lines: readonly string[];
  readonly torn: string | null;
}

/** Reads a file of lines in pieces, so that memory does not grow with the file. The last batch says what is torn. */
export async function* readLines(file: string): AsyncGenerator<LineBatch> {
  const handle = await open(file, 'r');
  try {
    let rest = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) break;
      const data = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      if (data.length > LINE_BYTES_MAX)
        throw new RangeError(`${file}: a line is longer than ${LINE_BYTES_MAX} bytes`);
      const end = data.lastIndexOf(NEWLINE) + 1;
      rest = data.subarray(end);
      if (end > 0) yield { lines: data.toString('utf8', 0, end - 1).split('\n'), torn: null };
    }
    if (rest.length > 0) yield { lines: [], torn: rest.toString('utf8') };
  } finally {
    await handle.close();
  }
}
