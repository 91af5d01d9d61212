import { localGeneration, localPosition, type Position } from './local-position.ts';
import { localTxid, type LtxPosition, ltxPosition } from './local-ltx.ts';

export interface WatchedDatabase {
  /** Relative to data_dir, as in the bucket. */
  readonly path: string;
  /** The live file. */
  readonly file: string;
}

export interface Protection {
  /** Since when, without a break; null: not protected. */
  readonly protectedUs: number | null;
  readonly reason: string;
  /** 0.3: start of the newest segment in the bucket; 0.5: the newest transaction id. Everything before it is there. */
  readonly position: Position | { readonly txid: number } | null;
}

/** Where a database stood at an instant, as each of the two lines counts it; null: that line does not replicate it. */
export interface Mark {
  readonly position: Position | null;
  readonly ltx: LtxPosition | null;
  readonly atUs: number;
}

/** Marks where a database stands now, to ask later whether the bucket has come that far. `nowUs`: an instant before the call. */
export function markPosition(file: string, nowUs: number): Mark {
  return { position: localPosition(file), ltx: ltxPosition(file), atUs: nowUs };
}

/** Whether Litestream has begun anew with a database since the bucket was seen at this position. */
export function hasBegunAnew(file: string, position: NonNullable<Protection['position']>): boolean {
  if ('generation' in position) return localGeneration(file) !== position.generation;
  return (localTxid(file) ?? 0) < position.txid;
}

export function unprotected(reason: string): Protection {
  return { protectedUs: null, reason, position: null };
}
