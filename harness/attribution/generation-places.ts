import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Generation } from '../litestream/generation-layout.ts';
import { localGeneration, metaFolder } from '../litestream/local-position.ts';
import { lz4FrameLength } from '../litestream/lz4-length.ts';
import { type DeadDatabase, readWal } from './dead-database.ts';
import { type KnownWal, NOTHING, type Reach, reachAt, type WalPlace } from './lost-at.ts';
import type { ReadObject } from './places.ts';

/**
 * Litestream 0.3 copies the WAL byte by byte into its shadow, file by file, and uploads pieces of that: both ends are places in
 * WAL files that the dead disk still has.
 */
export async function generationPlaces(
  file: string,
  dead: DeadDatabase,
  generations: readonly Generation[],
  readObject: ReadObject,
): Promise<{ staged: Reach; uploaded: Reach }> {
  const disk = { upTo: dead.seq, atMost: dead.seq };
  const id = localGeneration(file);
  const shadows = id === null ? [] : shadowsOf(file, id, dead.statePage);
  const last = shadows.at(-1);
  const uploadedAnything = generations.length > 0;
  const perhaps = (upTo: number): Reach => ({ upTo, atMost: dead.seq });
  if (id === null || last === undefined) {
    return { staged: NOTHING, uploaded: uploadedAnything ? perhaps(-1) : NOTHING };
  }
  const wals = withRealWal(shadows, dead);
  const staged = reachAt(wals, { wal: last.wal, offset: last.sizeBytes }, disk);
  const generation = generations.find((one) => one.id === id);
  if (generation === undefined) return { staged, uploaded: uploadedAnything ? perhaps(-1) : NOTHING };
  const { place, isEnd } = await uploadedPlace(generation, readObject);
  const reached = reachAt(wals, place, disk);
  return { staged, uploaded: isEnd ? reached : perhaps(reached.upTo) };
}

interface Shadow extends KnownWal {
  readonly salts: string;
  readonly sizeBytes: number;
}

function shadowsOf(file: string, generation: string, statePage: number): Shadow[] {
  const folder = join(metaFolder(file), 'generations', generation, 'wal');
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^[0-9a-f]{8}\.wal$/.test(name));
  } catch {
    return []; // it had not begun with this generation
  }
  return names.toSorted().flatMap((name) => {
    const path = join(folder, name);
    const contents = readWal(path, statePage);
    if (contents === null) return [];
    return [{ wal: Number.parseInt(name.slice(0, 8), 16), sizeBytes: statSync(path).size, ...contents }];
  });
}

/** The real WAL goes on where the last shadow ends, or is the one after it. */
function withRealWal(shadows: readonly Shadow[], { wal }: DeadDatabase): KnownWal[] {
  const last = shadows.at(-1);
  if (wal === null || last === undefined) return [...shadows];
  return wal.salts === last.salts
    ? [...shadows.slice(0, -1), { ...last, commits: wal.commits }]
    : [...shadows, { wal: last.wal + 1, commits: wal.commits }];
}

/** Where the last segment ends; without one, where the last snapshot was made. One that cannot be read says where it begins. */
async function uploadedPlace(
  { snapshots, segments }: Generation,
  readObject: ReadObject,
): Promise<{ readonly place: WalPlace; readonly isEnd: boolean }> {
  const segment = segments.at(-1);
  if (segment === undefined) return { place: { wal: snapshots.at(-1)?.index ?? 0, offset: 0 }, isEnd: true };
  const { index: wal, offset, key } = segment;
  const body = await readObject(key);
  try {
    if (body === null) return { place: { wal, offset }, isEnd: false };
    return { place: { wal, offset: offset + lz4FrameLength(Buffer.from(body)) }, isEnd: true };
  } catch {
    return { place: { wal, offset }, isEnd: false }; // a damaged segment does not say where it ends
  }
}
