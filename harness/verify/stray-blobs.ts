import type { Finding } from '../evidence/checks.ts';
import { storageFolder } from '../fleet/layout.ts';
import type { BlobHistory } from '../ledger/file-history.ts';
import { counted, few, finding } from './finding.ts';
import type { FleetView } from './fleet-view.ts';
import { BLOB_PATH } from './places.ts';

/** What object_store stages a blob under before it renames it. */
const STAGED = /#\d+$/;

/**
 * `blobs`, the other way round: nothing lies where blobs belong but what was uploaded to that very app, and nothing that
 * was deleted long enough ago for the operator's mirror to know. A blob whose row is lost or was deleted is nothing
 * else: RustBaas leaves such behind.
 */
export function strayBlobFindings(view: FleetView): Finding[] {
  const strays = new Map<string | null, string[]>();
  const known = knownBlobs(view);
  const rows = restoredRows(view);
  for (const path of view.blobs.keys()) {
    if (rows.has(path)) continue;
    const database = databaseOf(path);
    const words = strayWords(view, known.get(path.replace(STAGED, '')), path);
    if (words === null) continue;
    const owner = view.ledger.databases.has(database) ? database : null;
    strays.set(owner, [...(strays.get(owner) ?? []), words]);
  }
  return [...strays].map(([database, words]) =>
    finding('blobs', database, {
      expected: 'no blob but those that were uploaded to this app and not deleted',
      actual: counted(words.length, 'other blob'),
      detail: few(words),
      count: words.length,
    }),
  );
}

function strayWords(view: FleetView, known: KnownBlob | undefined, path: string): string | null {
  if (!BLOB_PATH.test(path)) return `${path} is no blob`;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (known === undefined) return `${name} was never uploaded there`;
  if (STAGED.test(name)) return null;
  const { mirroredUpToUs } = view;
  const { deletedUs } = known.blob;
  // Without a mirror the deletion reached the only place where blobs are.
  if (deletedUs !== null && (mirroredUpToUs === null || deletedUs < mirroredUpToUs))
    return `${name} was deleted, and is back`;
  // A bucket keeps the blobs of an app that is deleted: nobody removes them there.
  const { folderGoneUs } = known;
  if (folderGoneUs === null || mirroredUpToUs === null || folderGoneUs >= mirroredUpToUs) return null;
  return `${name} went with an earlier life of its app, and is back`;
}

interface KnownBlob {
  readonly blob: BlobHistory;
  /** When the folder of an earlier life of its app had been removed; null: it never was. */
  readonly folderGoneUs: number | null;
}

/** By path: every blob that was ever put, of apps that are gone as well. The newest life that names one counts. */
function knownBlobs({ ledger }: FleetView): ReadonlyMap<string, KnownBlob> {
  const { earlier, databases } = ledger;
  return new Map(
    [...earlier, ...databases.values()].flatMap(({ path, blobs, deletedUs }, index) => {
      const isEarlier = index < earlier.length;
      const followers = isEarlier ? earlier.slice(index + 1) : [];
      const next =
        followers.find((later) => later.path === path) ?? (isEarlier ? databases.get(path) : undefined);
      // What takes the place of a database alone leaves the folder as it is.
      const folderGoneUs = next === undefined || next.base.inPlace === true ? null : deletedUs;
      return [...blobs.values()].map(
        (blob) => [`${storageFolder(path)}/${blob.file}`, { blob, folderGoneUs }] as const,
      );
    }),
  );
}

/** Paths of the blobs that restored rows ask for: those are looked at row by row. */
function restoredRows({ databases }: FleetView): ReadonlySet<string> {
  return new Set(
    [...databases].flatMap(([path, { observation }]) =>
      (observation?.facts.files ?? []).map(([id]) => `${storageFolder(path)}/${id}`),
    ),
  );
}

function databaseOf(blob: string): string {
  return blob.replace(/\/storage\/[^/]+$/, '/data.db');
}
