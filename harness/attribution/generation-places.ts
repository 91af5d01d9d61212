import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Generation } from '../litestream/generation-layout.ts';
import { localGeneration, metaFolder } from '../litestream/local-position.ts';
import { unpackLz4Frame } from '../litestream/lz4.ts';
import { lz4FrameLength } from '../litestream/lz4-length.ts';
import { type DeadDatabase, readWal } from './dead-database.ts';
import { isExact, type KnownWal, NOTHING, type Reach, reachAt, type WalPlace } from './lost-at.ts';
import type { ReadObject } from './places.ts';
import { stateSeq } from './state-page.ts';
import { uploadedInWal } from './upload-history.ts';

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
  // Without the generation that was being written, the objects themselves say what had been uploaded by then; so they do of a WAL
  // that Litestream has left behind.
  const generation = generations.find((one) => one.id === id);
  const contents = (): Promise<Reach> => uploadedInAny(generations, dead, readObject);
  if (id === null || last === undefined) return { staged: NOTHING, uploaded: await contents() };
  const wals = withRealWal(shadows, dead);
  const staged = reachAt(wals, { wal: last.wal, offset: last.sizeBytes }, disk);
  if (generation === undefined) return { staged, uploaded: await contents() };
  const { place, isEnd } = await uploadedPlace(generation, readObject);
  const reached = reachAt(wals, place, disk);
  if (!isEnd) return { staged, uploaded: { upTo: reached.upTo, atMost: dead.seq } };
  return { staged, uploaded: isExact(reached) ? reached : await contents() };
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

/** A larger snapshot is not read into memory. */
const LARGEST_SNAPSHOT_BYTES = 1 << 26;

/** Of several generations, the one that had come furthest. */
async function uploadedInAny(
  generations: readonly Generation[],
  dead: DeadDatabase,
  readObject: ReadObject,
): Promise<Reach> {
  let furthest = NOTHING;
  for (const generation of generations) {
    const { upTo, atMost } = await uploadedWrites(generation, dead, readObject);
    furthest = { upTo: Math.max(upTo, furthest.upTo), atMost: Math.max(atMost, furthest.atMost) };
  }
  return furthest;
}

/** The last write in the objects of a generation, the newest WAL first. One that cannot be read may have had later ones. */
async function uploadedWrites(
  { snapshots, segments }: Generation,
  { statePage, seq }: DeadDatabase,
  readObject: ReadObject,
): Promise<Reach> {
  const byWal = Map.groupBy(segments, ({ index }) => index);
  let isWhole = true;
  for (const wal of [...byWal.keys()].toSorted((a, b) => b - a)) {
    try {
      const last = (await uploadedInWal(byWal.get(wal) ?? [], statePage, readObject)).at(-1);
      if (last !== undefined) return { upTo: last.seq, atMost: isWhole ? last.seq : seq };
    } catch {
      isWhole = false;
    }
  }
  const snapshot = snapshots.at(-1);
  const found =
    snapshot === undefined || snapshot.sizeBytes > LARGEST_SNAPSHOT_BYTES
      ? null
      : seqInSnapshot(await readObject(snapshot.key), statePage);
  return found === null ? { upTo: -1, atMost: seq } : { upTo: found, atMost: isWhole ? found : seq };
}

/** https://www.sqlite.org/fileformat2.html#page_size: at byte 16, and 1 stands for 65,536. */
function seqInSnapshot(body: Uint8Array | null, statePage: number): number | null {
  if (body === null) return null;
  try {
    const file = unpackLz4Frame(Buffer.from(body));
    const sizeBytes = file.readUInt16BE(16) === 1 ? 65_536 : file.readUInt16BE(16);
    return stateSeq(file.subarray((statePage - 1) * sizeBytes, statePage * sizeBytes));
  } catch {
    return null; // a damaged snapshot does not say what is in it
  }
}
