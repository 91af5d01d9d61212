import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A place in a database's history as Litestream counts it: byte `offset` of WAL file `index` of a generation. */
export interface Position {
  readonly generation: string;
  readonly index: number;
  readonly offset: number;
}

/** Litestream's own folder beside a database. */
export function metaFolder(file: string): string {
  return join(dirname(file), `.${basename(file)}-litestream`);
}

/** The generation that Litestream is writing, null before it has begun one. */
export function localGeneration(file: string): string | null {
  try {
    const text = readFileSync(join(metaFolder(file), 'generation'), 'utf8').trim();
    return /^[0-9a-f]{16}$/.test(text) ? text : null;
  } catch {
    // No such file: Litestream has not begun with this database.
    return null;
  }
}

/**
 * Where the database stands now, at least: every commit so far lies at or before the answer. It is the end of the shadow
 * WAL or, when that is behind, of the real one. Null before Litestream has begun with this database, and while nobody
 * has it open.
 *
 * The real end comes from the WAL index (`-shm`), since the WAL file itself keeps stale frames after a restart. A WAL
 * whose salts differ from the shadow's has been restarted, and will be the next index.
 *
 * Never call this in a process that has the same database open with SQLite: closing any descriptor of a file drops
 * the POSIX locks that the process holds on it.
 */
export function localPosition(file: string): Position | null {
  const generation = localGeneration(file);
  if (generation === null) return null;
  const shadow = lastShadow(join(metaFolder(file), 'generations', generation, 'wal'));
  if (shadow === null) return null;
  const real = realEnd(file);
  const here = { generation, index: shadow.index, offset: shadow.sizeBytes };
  // Nobody has it open, so Litestream does not either: it may have changed unseen since the shadow was written.
  if (real === null) return null;
  if (real.offset === 0) return here;
  return real.salts === shadow.salts
    ? { ...here, offset: Math.max(here.offset, real.offset) }
    : { ...here, index: here.index + 1, offset: real.offset };
}

const WAL_HEADER = 32;
const FRAME_HEADER = 24;

interface WalEnd {
  readonly salts: string;
  readonly offset: number;
}

function lastShadow(folder: string): { index: number; sizeBytes: number; salts: string } | null {
  try {
    const names = readdirSync(folder).filter((name) => /^[0-9a-f]{8}\.wal$/.test(name));
    const last = names.toSorted().at(-1);
    if (last === undefined) return null;
    const file = join(folder, last);
    const header = readStart(file, WAL_HEADER);
    if (header.length < WAL_HEADER) return null;
    const frame = header.readUInt32BE(8) + FRAME_HEADER;
    const frames = Math.floor((statSync(file).size - WAL_HEADER) / frame);
    return {
      index: Number.parseInt(last.slice(0, 8), 16),
      sizeBytes: WAL_HEADER + frames * frame,
      salts: header.toString('hex', 16, 24),
    };
  } catch {
    // The generation was replaced, or the database removed, under our eyes: there is no position to tell.
    return null;
  }
}

/** End of the last commit in the real WAL; null when there is none. */
function realEnd(file: string): WalEnd | null {
  return endFromIndex(`${file}-shm`) ?? endFromFile(`${file}-wal`);
}

/** The WAL index begins with two copies of its header, in the machine's byte order; equal copies are a whole one. */
function endFromIndex(file: string): WalEnd | null {
  const COPY = 48;
  for (let attempt = 0; attempt < 5; attempt++) {
    let bytes: Buffer;
    try {
      bytes = readStart(file, 2 * COPY);
    } catch {
      // No index: nobody has the database open.
      return null;
    }
    if (bytes.length < 2 * COPY || bytes[12] !== 1) return null;
    if (!bytes.subarray(0, COPY).equals(bytes.subarray(COPY))) continue;
    const native = new DataView(bytes.buffer, bytes.byteOffset, COPY);
    const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
    const rawPage = native.getUint16(14, little);
    const pageBytes = rawPage === 1 ? 65_536 : rawPage;
    const frames = native.getUint32(16, little);
    const offset = frames === 0 ? 0 : WAL_HEADER + frames * (pageBytes + FRAME_HEADER);
    return { salts: bytes.toString('hex', 32, 40), offset };
  }
  return null;
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

function readStart(file: string, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, sizeBytes, 0));
  } finally {
    closeSync(descriptor);
  }
}
