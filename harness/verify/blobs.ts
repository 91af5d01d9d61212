import type { Evidence } from '../evidence.ts';
import type { Finding } from '../evidence/checks.ts';
import { storageFolder } from '../fleet/layout.ts';
import type { BlobHistory } from '../ledger/file-history.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { counted, few, finding } from './finding.ts';
import { ageMs, type FleetView, isBack, isRemovalBegun, lostDeletionAgeMs } from './fleet-view.ts';
import { placeOf } from './places.ts';

/**
 * `blobs`: every `_files` row has its blob, with the size and the bytes that were uploaded. One that is missing may be
 * younger than the last round of the operator's mirror: how old that makes the loss goes with the finding. Other bytes
 * are nobody's loss.
 */
export function blobFindings(view: FleetView): Finding[] {
  return [...view.databases].flatMap(([path, { observation }]) => {
    const history = view.ledger.databases.get(path);
    if (history === undefined || placeOf(path)?.kind !== 'app') return [];
    const files = filesOf(history);
    const unexplained: string[] = [];
    const explained: Finding[] = [];
    for (const [id, size] of observation?.facts.files ?? []) {
      const defect = defectOf(view, history, files, id, size);
      if (defect === null) continue;
      if (defect.age === null) unexplained.push(defect.words);
      else explained.push(blobFinding(path, [defect.words], defect.age));
    }
    return [...(unexplained.length === 0 ? [] : [blobFinding(path, unexplained, null)]), ...explained];
  });
}

/** What the ledger says of one row of `_files`. */
interface FileWrites {
  /** Its upload was begun, whatever became of it. */
  readonly uploaded: boolean;
  /** Instant of its deletion; null: unanswered. Undefined: nobody deleted it. */
  readonly deletedUs?: number | null;
}

/** Row key of `_files` → what the load did to it. */
function filesOf({ writes }: DatabaseHistory): ReadonlyMap<string, FileWrites> {
  const files = new Map<string, FileWrites>();
  for (const { effects, atUs } of writes) {
    for (const [table, key, before, after] of effects) {
      if (table !== '_files') continue;
      if (before === null) files.set(key, { uploaded: true });
      else if (after === null) files.set(key, { uploaded: true, deletedUs: atUs });
    }
  }
  return files;
}

interface Loss {
  readonly ms: number;
  /** Whose loss explains it: that of the blob itself, or that of the write that deleted its file. */
  readonly promise: 'blobs' | 'databases';
}

interface BlobDefect {
  readonly words: string;
  /** null: nothing explains it. */
  readonly age: Loss | null;
}

function defectOf(
  view: FleetView,
  history: DatabaseHistory,
  files: ReadonlyMap<string, FileWrites>,
  id: string,
  size: number,
): BlobDefect | null {
  const fact = view.blobs.get(`${storageFolder(history.path)}/${id}`);
  const blob = history.blobs.get(id);
  const file = files.get(JSON.stringify([id]));
  if (fact === undefined) {
    // The host died between the row and the blob, or the put failed: RustBaas leaves the row.
    const isWithout = blob === undefined ? file?.uploaded === true : blob.storedUs === null;
    return isWithout ? null : { words: `${id} is missing`, age: lossOf(view, history, blob, file) };
  }
  const damaged = (words: string): BlobDefect => ({ words, age: null });
  if (fact.sha256 === null) return damaged(`${id} may not be read`);
  if (fact.sizeBytes !== size) return damaged(`${id} has ${fact.sizeBytes} bytes, not ${size}`);
  if (blob === undefined) return damaged(`${id} was never stored`);
  return fact.sha256 === blob.sha256 ? null : damaged(`${id} has other bytes than were uploaded`);
}

/** The loss that explains why a blob is not there; null: none does. */
function lossOf(
  view: FleetView,
  { path }: DatabaseHistory,
  blob: BlobHistory | undefined,
  file: FileWrites | undefined,
): Loss | null {
  if (file?.deletedUs !== undefined) return { ms: ageMs(view, file.deletedUs), promise: 'databases' };
  const appDeletionMs = lostDeletionAgeMs(view, path);
  if (appDeletionMs !== null) return { ms: appDeletionMs, promise: 'databases' };
  const { mirroredUpToUs } = view;
  if (blob === undefined || blob.seeded || blob.storedUs === null || mirroredUpToUs === null) return null;
  return blob.storedUs < mirroredUpToUs ? null : { ms: ageMs(view, blob.storedUs), promise: 'blobs' };
}

function blobFinding(path: string, words: readonly string[], loss: Loss | null): Finding {
  return {
    ...finding('blobs', path, {
      expected: 'the blob of every _files row, as it was uploaded',
      actual: `${counted(words.length, 'blob')} missing, of another size or with other bytes`,
      detail: few(words),
      count: words.length,
      explainedByLossAgeMs: loss?.ms ?? null,
    }),
    ...(loss?.promise === 'blobs' ? { promise: 'blobs' as const } : {}),
  };
}

/** How many acknowledged uploads had to come back, and the age at the kill of each whose blob did not, as it was. */
export function measureBlobs(
  view: FleetView,
): Pick<NonNullable<Evidence['blobs']>, 'expected' | 'acknowledgedUploads' | 'lostAgesMs'> {
  let expected = 0;
  let acknowledgedUploads = 0;
  const lostAgesMs: number[] = [];
  for (const history of [...view.ledger.earlier, ...view.ledger.databases.values()]) {
    const stored = [...history.blobs.values()].filter(({ storedUs }) => storedUs !== null);
    acknowledgedUploads += stored.filter(({ seeded }) => !seeded).length;
    if (!isOwnedByLivingApp(view, history)) continue;
    const files = filesOf(history);
    for (const { file, sizeBytes, sha256, storedUs } of stored) {
      if (files.get(JSON.stringify([file]))?.deletedUs !== undefined) continue;
      expected++;
      const fact = view.blobs.get(`${storageFolder(history.path)}/${file}`);
      if (fact?.sizeBytes === sizeBytes && fact.sha256 === sha256) continue;
      lostAgesMs.push(ageMs(view, Math.max(storedUs ?? 0, history.base.at)));
    }
  }
  return { expected, acknowledgedUploads, lostAgesMs: lostAgesMs.toSorted((a, b) => b - a) };
}

/** An app that is not back has lost its blobs with it: that is told of the database. */
function isOwnedByLivingApp(view: FleetView, history: DatabaseHistory): boolean {
  const { path, deletedUs } = history;
  return (
    view.ledger.databases.get(path) === history &&
    deletedUs === null &&
    isBack(view, path) &&
    !isRemovalBegun(view, path)
  );
}
