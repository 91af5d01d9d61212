import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { restoredGeneration, type Generation, type SegmentObject } from '../litestream/generation-layout.ts';
import type { LtxObject } from '../litestream/ltx-layout.ts';
import { ltxTimeMs, pageInLtx } from '../litestream/ltx-pages.ts';
import { unpackLz4Frame } from '../litestream/lz4.ts';
import type { ReadObject } from './places.ts';
import { stateSeq } from './state-page.ts';
import { commitsInWal } from './wal-commits.ts';

/** An object of a replica: from which instant on it counts, on the clock that Litestream goes by, and the last write in it. */
export interface Uploaded {
  /** Milliseconds since 1970. */
  readonly countsMs: number;
  readonly seq: number;
}

/** Every object that holds the page of `_drill_state`; null: some object cannot be read, so that nobody can tell. */
export type UploadHistory = readonly Uploaded[] | null;

/**
 * What had been uploaded of a database by when, from the objects themselves. It is read without Litestream, so that a
 * restore to an instant can be held against it: whatever of it counts at an instant must be in what comes back.
 *
 * When an object counts, by the source. 0.3.13: its time of modification is not after the instant (`SnapshotIndexAt`,
 * `walSegmentMap` in replica.go); the store gives it when the upload arrives, after its WAL was read. 0.5: the time in its LTX header,
 * kept as metadata, is before the instant (`CalcRestorePlan` in replica.go); it is taken after the end of the WAL was found
 * (`db.sync` in db.go), and a merged file has that of its last one (`Compactor.Compact` in ltx).
 */
export async function uploadHistory(
  { generations, ltx }: ReplicatedDatabase,
  statePage: number,
  readObject: ReadObject,
): Promise<UploadHistory> {
  try {
    // A change of the line leaves two layouts, and which of them an instant is restored from is another question.
    if (generations.length > 0 && ltx.length > 0) return null;
    return ltx.length > 0
      ? await ofLtx(ltx, statePage, readObject)
      : await ofGeneration(restoredGeneration(generations), statePage, readObject);
  } catch {
    return null; // a damaged object does not say what is in it
  }
}

/** The last write that must be there at an instant; null: nobody can tell. 0: nothing had been uploaded but the beginning. */
export function uploadedBy(
  history: UploadHistory,
  atMs: number,
  format: 'generations' | 'ltx',
): number | null {
  if (history === null) return null;
  const counting = history.filter(({ countsMs }) => (format === 'ltx' ? countsMs < atMs : countsMs <= atMs));
  return counting.reduce((most, { seq }) => Math.max(most, seq), 0);
}

async function ofLtx(
  objects: readonly LtxObject[],
  statePage: number,
  readObject: ReadObject,
): Promise<UploadHistory> {
  const uploaded: Uploaded[] = [];
  for (const { key } of objects) {
    const body = await readObject(key);
    if (body === null) return null;
    const bytes = Buffer.from(body);
    const page = pageInLtx(bytes, statePage);
    const seq = page === null ? null : stateSeq(page);
    if (seq !== null) uploaded.push({ countsMs: ltxTimeMs(bytes), seq });
  }
  return uploaded;
}

async function ofGeneration(
  generation: Generation | null,
  statePage: number,
  readObject: ReadObject,
): Promise<UploadHistory> {
  if (generation === null) return [];
  const uploaded: Uploaded[] = [];
  for (const segments of Map.groupBy(generation.segments, ({ index }) => index).values()) {
    uploaded.push(...(await uploadedInWal(segments, statePage, readObject)));
  }
  return uploaded;
}

/** The segments of one WAL, put together again. Throws where one of them cannot be read. */
export async function uploadedInWal(
  segments: readonly SegmentObject[],
  statePage: number,
  readObject: ReadObject,
): Promise<Uploaded[]> {
  const parts: Buffer[] = [];
  const ends: { end: number; countsMs: number }[] = [];
  let length = 0;
  for (const { key, offset, modifiedAt } of segments) {
    const body = await readObject(key);
    if (body === null || offset !== length) throw new Error('a segment is missing');
    const part = unpackLz4Frame(Buffer.from(body));
    parts.push(part);
    length += part.length;
    ends.push({ end: length, countsMs: modifiedAt.getTime() });
  }
  const { commits = [] } = commitsInWal(Buffer.concat(parts), statePage) ?? {};
  return ends.flatMap(({ end, countsMs }) => {
    const last = commits.findLast((commit) => commit.end <= end);
    return last === undefined ? [] : [{ countsMs, seq: last.seq }];
  });
}
