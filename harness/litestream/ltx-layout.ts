import type { ListedObject } from './listed-object.ts';

/**
 * Where Litestream 0.5 keeps a database in an S3 bucket: `<path>/<level>/<min>-<max>.ltx`, the level as four and the
 * transaction ids as sixteen hex digits. Level 0 is what was uploaded, 1 to 8 are merged from the level below, 9 are
 * snapshots.
 */
export interface LtxObject extends ListedObject {
  readonly level: number;
  readonly minTxid: number;
  readonly maxTxid: number;
}

/** What a restore would put together, or why it would fail. */
export interface LtxPlan {
  readonly files: readonly LtxObject[];
  /** Everything up to this transaction id comes back. */
  readonly maxTxid: number;
  readonly problem: string | null;
}

const KEY = /^(.+)\/000([0-9])\/([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/;
export const SNAPSHOT_LEVEL = 9;
/** Shorter than its header: no LTX file. */
const HEADER_BYTES = 100;

/** What a key below the fleet's prefix says, or null when it is no LTX file. */
export function parseLtxKey(
  name: string,
): { path: string; level: number; minTxid: number; maxTxid: number } | null {
  const match = KEY.exec(name);
  if (match === null) return null;
  const [, path = '', level = '', min = '', max = ''] = match;
  return { path, level: Number(level), minTxid: Number.parseInt(min, 16), maxTxid: Number.parseInt(max, 16) };
}

/** The key below the fleet's prefix that an LTX file has, as `parseLtxKey` reads it. */
export function ltxKey(file: { path: string; level: number; minTxid: number; maxTxid: number }): string {
  const txid = (value: number): string => value.toString(16).padStart(16, '0');
  return `${file.path}/000${file.level}/${txid(file.minTxid)}-${txid(file.maxTxid)}.ltx`;
}

/** In the order in which Litestream lists a level: by name. */
export function byTxid(a: LtxObject, b: LtxObject): number {
  return a.level - b.level || a.minTxid - b.minTxid || a.maxTxid - b.maxTxid;
}

/**
 * The plan of a restore to the newest state (`CalcRestorePlan`): the last snapshot, then from whatever level the file
 * that reaches furthest without leaving a gap. `files` are sorted by `byTxid`. Null: there is none.
 */
export function ltxRestorePlan(files: readonly LtxObject[]): LtxPlan | null {
  if (files.length === 0) return null;
  const snapshot = files.findLast(({ level }) => level === SNAPSHOT_LEVEL);
  const plan: LtxObject[] = snapshot === undefined ? [] : [snapshot];
  let maxTxid = snapshot?.maxTxid ?? 0;
  const waiting = files.filter(({ level }) => level < SNAPSHOT_LEVEL).toSorted(byStart);
  let best: LtxObject | null = null;
  for (let next = 0; ; ) {
    for (
      let file = waiting[next];
      file !== undefined && file.minTxid <= maxTxid + 1;
      file = waiting[++next]
    ) {
      if (file.maxTxid > maxTxid && (best === null || reachesFurther(file, best))) best = file;
    }
    if (best === null) {
      return { files: plan, maxTxid, problem: problemOf(plan, waiting[next], maxTxid) };
    }
    plan.push(best);
    maxTxid = best.maxTxid;
    best = null;
  }
}

/** The files, on every level, that hold some of the transactions of this one; itself among them. */
export function sharingWith(
  files: readonly LtxObject[],
  { minTxid: first, maxTxid: last }: LtxObject,
): LtxObject[] {
  return files.filter(({ minTxid, maxTxid }) => minTxid <= last && maxTxid >= first);
}

/** A transaction id as Litestream writes it in names, without the leading zeros. */
export function txidText(txid: number): string {
  return `TXID ${txid.toString(16)}`;
}

function reachesFurther(file: LtxObject, best: LtxObject): boolean {
  if (file.maxTxid !== best.maxTxid) return file.maxTxid > best.maxTxid;
  if (file.minTxid !== best.minTxid) return file.minTxid < best.minTxid;
  return file.level > best.level;
}

function byStart(a: LtxObject, b: LtxObject): number {
  return a.minTxid - b.minTxid || a.maxTxid - b.maxTxid;
}

function problemOf(
  plan: readonly LtxObject[],
  beyond: LtxObject | undefined,
  maxTxid: number,
): string | null {
  if (plan.length === 0) return `neither a snapshot nor ${txidText(1)} is in the bucket`;
  const short = plan.find(({ sizeBytes }) => sizeBytes < HEADER_BYTES);
  if (short !== undefined) return `${short.key} is cut off`;
  return beyond === undefined
    ? null
    : `${txidText(maxTxid + 1)} is missing, and ${beyond.key} comes after it`;
}
