import { closeSync, openSync, readSync, statSync } from 'node:fs';

export const WAL_HEADER = 32;
export const FRAME_HEADER = 24;

/** Where the real WAL of a database ends, and which WAL it is: its salts change whenever it begins anew. */
export interface WalEnd {
  readonly salts: string;
  readonly offset: number;
}

/**
 * End of the last commit in the real WAL; null when there is none. It comes from the WAL index (`-shm`), since the WAL
 * file itself keeps stale frames after a restart.
 */
export function realEnd(file: string): WalEnd | null {
  return indexedEnd(file) ?? endFromFile(`${file}-wal`);
}

/** The same, but null as well while nobody has the database open: then its WAL says nothing of what will come. */
export function indexedEnd(file: string): WalEnd | null {
  const index = walIndex(file);
  return index === null ? null : { salts: index.salts, offset: index.offset };
}

/** What the WAL index says; null while nobody has the database open. */
export interface WalIndex extends WalEnd {
  readonly pageBytes: number;
  /** Frames of its commits, and how many of them are in the database file as well. */
  readonly frames: number;
  readonly backfilled: number;
}

/** The WAL index begins with two copies of its header, in the machine's byte order; equal copies are a whole one. */
export function walIndex(file: string): WalIndex | null {
  const COPY = 48;
  for (let attempt = 0; attempt < 5; attempt++) {
    let bytes: Buffer;
    try {
      bytes = readStart(`${file}-shm`, 2 * COPY + 4);
    } catch {
      // No index: nobody has the database open.
      return null;
    }
    if (bytes.length < 2 * COPY || bytes[12] !== 1) return null;
    if (!bytes.subarray(0, COPY).equals(bytes.subarray(COPY, 2 * COPY))) continue;
    const native = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
    const rawPage = native.getUint16(14, little);
    const pageBytes = rawPage === 1 ? 65_536 : rawPage;
    const frames = native.getUint32(16, little);
    const offset = frames === 0 ? 0 : WAL_HEADER + frames * (pageBytes + FRAME_HEADER);
    // It is mapped by pages; a shorter one says nothing of it, and nothing is taken for held by it.
    const backfilled = bytes.length < 2 * COPY + 4 ? frames : native.getUint32(2 * COPY, little);
    return { salts: bytes.toString('hex', 32, 40), offset, pageBytes, frames, backfilled };
  }
  return null;
}

/** At most the first `sizeBytes` of a file. */
export function readStart(file: string, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, sizeBytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Without an index the whole file counts: it may hold stale frames, so this errs on the late side. */
function endFromFile(file: string): WalEnd | null {
  try {
    const header = readStart(file, WAL_HEADER);
    if (header.length < WAL_HEADER) return null;
    return { salts: header.toString('hex', 16, 24), offset: statSync(file).size };
  } catch {
    // No WAL: all is in the database file.
    return null;
  }
}
