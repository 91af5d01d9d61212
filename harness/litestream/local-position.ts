import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FRAME_HEADER, readStart, realEnd, WAL_HEADER } from './wal-end.ts';

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

/** Whether a folder is that of some database, by its name. */
export function isMetaFolder(name: string): boolean {
  return name.startsWith('.') && name.endsWith('-litestream');
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
 * A WAL whose salts differ from the shadow's has been restarted, and will be the next index.
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
