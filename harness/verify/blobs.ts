import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../evidence.ts';
import { blobContent } from '../fleet/blobs.ts';
import { blobPath } from '../fleet/layout.ts';
import { counted, few, finding } from './finding.ts';
import { ageMs, type FleetView } from './fleet-view.ts';
import { placeOf } from './places.ts';

/**
 * `blobs`: every `_files` row has its blob, of the size that it says, with the bytes that were uploaded. A blob of a
 * file that was uploaded during the load may be younger than the last round of the operator's mirror: how old that
 * makes the loss goes with the finding. Other bytes are nobody's loss. A blob without a row is nothing: RustBaas
 * leaves such behind.
 */
export async function blobFindings(view: FleetView): Promise<Finding[]> {
  const sizes = new Map(
    view.entries.filter(({ kind }) => kind === 'file').map(({ path, sizeBytes }) => [path, sizeBytes]),
  );
  const findings: Finding[] = [];
  for (const { path, observation } of view.databases.values()) {
    const place = placeOf(path);
    if (place?.kind !== 'app') continue;
    const uploads = uploadInstants(view, path);
    const unexplained: string[] = [];
    const explained: Finding[] = [];
    for (const [id, size] of observation?.facts.files ?? []) {
      const blob = blobPath(place.realm, place.app, id);
      const defect = await defectOf(join(view.restoredDir, blob), id, size, sizes.get(blob));
      if (defect === null) continue;
      const age = lossAgeMs(view, defect, uploads.get(JSON.stringify([id])));
      if (age === null) unexplained.push(defect.words);
      else explained.push(blobFinding(path, [defect.words], age));
    }
    if (unexplained.length > 0) findings.push(blobFinding(path, unexplained, null));
    findings.push(...explained);
  }
  return findings;
}

interface BlobDefect {
  readonly kind: 'missing' | 'short' | 'long' | 'other-bytes';
  readonly words: string;
}

async function defectOf(
  file: string,
  id: string,
  size: number,
  actual: number | undefined,
): Promise<BlobDefect | null> {
  if (actual === undefined) return { kind: 'missing', words: `${id} is missing` };
  const words = `${id} has ${actual} bytes, not ${size}`;
  // Not `actual > size`: what stands in the row may be no number.
  if (!(actual <= size)) return { kind: 'long', words };
  const bytes = await bytesOf(file);
  if (bytes === null) return { kind: 'other-bytes', words: `${id} may not be read` };
  // A copy that was cut short holds the beginning of the file, which repeats from there on.
  if (!bytes.equals(blobContent(id, actual)))
    return { kind: 'other-bytes', words: `${id} has other bytes than were uploaded` };
  return actual === size ? null : { kind: 'short', words };
}

/** null: its owner may not read it, which is the recovery's fault. */
async function bytesOf(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return null;
    throw error;
  }
}

/** How old the loss is that a defect shows; null: no mirror that was behind explains it. */
function lossAgeMs(
  view: FleetView,
  { kind }: BlobDefect,
  uploadedUs: number | null | undefined,
): number | null {
  if (kind === 'other-bytes' || uploadedUs === undefined) return null;
  const { mirroredUpToUs } = view;
  const isBehind = kind !== 'long' && mirroredUpToUs !== null;
  if (isBehind && (uploadedUs === null || uploadedUs >= mirroredUpToUs)) return 0;
  return ageMs(view, uploadedUs);
}

function blobFinding(path: string, words: readonly string[], explainedByLossAgeMs: number | null): Finding {
  return finding('blobs', path, {
    expected: 'the blob of every _files row, as it was uploaded',
    actual: `${counted(words.length, 'blob')} missing, of another size or with other bytes`,
    detail: few(words),
    count: words.length,
    explainedByLossAgeMs,
  });
}

/** Key of each `_files` row that was written during the load → instant of the acknowledgement; null: it never came. */
function uploadInstants(view: FleetView, path: string): Map<string, number | null> {
  const instants = new Map<string, number | null>();
  for (const write of view.ledger.databases.get(path)?.writes ?? []) {
    for (const [table, key, before, after] of write.effects) {
      if (table === '_files' && before === null && after !== null) instants.set(key, write.atUs);
    }
  }
  return instants;
}
