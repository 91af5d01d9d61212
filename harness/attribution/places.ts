import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { newerFormat } from '../litestream/restored-format.ts';
import { readDeadDatabase } from './dead-database.ts';
import { generationPlaces } from './generation-places.ts';
import { NOTHING, type Places } from './lost-at.ts';
import { ltxPlaces } from './ltx-places.ts';

/** An object of the bucket; null: it is not there any more. */
export type ReadObject = (key: string) => Promise<Uint8Array | null>;

export interface DeadFile {
  /** On the lost disk. */
  readonly file: string;
  readonly scratchDir: string;
  /** Line of the Litestream that ran last. */
  readonly line: '0.3' | '0.5';
  /** What the bucket held of it at the kill; undefined: nothing. */
  readonly replica: ReplicatedDatabase | undefined;
  readonly readObject: ReadObject;
}

/** How far one database had come at each place when the host died, from the lost disk and the bucket. */
export async function placesOf(dead: DeadFile): Promise<Places> {
  const { file, scratchDir, line, replica, readObject } = dead;
  const database = readDeadDatabase(file, scratchDir);
  if (database === null) return { disk: NOTHING, staged: NOTHING, uploaded: NOTHING };
  const disk = { upTo: database.seq, atMost: database.seq };
  const expected = line === '0.3' ? 'generations' : 'ltx';
  // After a change of the line the newest objects are not those of the Litestream that ran last.
  const format = replica === undefined ? null : newerFormat(replica);
  if (format !== null && format !== expected) {
    const perhaps = { upTo: -1, atMost: database.seq };
    return { disk, staged: perhaps, uploaded: perhaps };
  }
  const own =
    line === '0.3'
      ? await generationPlaces(file, database, replica?.generations ?? [], readObject)
      : await ltxPlaces(file, database, replica?.ltx ?? [], readObject);
  return { disk, ...own };
}
