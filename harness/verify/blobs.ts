import type { Finding } from '../evidence.ts';
import { blobPath } from '../fleet/layout.ts';
import { counted, few, finding } from './finding.ts';
import { ageMs, type FleetView } from './fleet-view.ts';
import { placeOf } from './places.ts';

/**
 * `blobs`: every `_files` row has its blob, of the size that it says. A blob of a file that was uploaded during the
 * load may be younger than the last round of the operator's mirror: the upload's age goes with the finding. A blob
 * without a row is nothing: RustBaas leaves such behind.
 */
export function blobFindings(view: FleetView): Finding[] {
  const sizes = new Map(
    view.entries.filter(({ kind }) => kind === 'file').map(({ path, sizeBytes }) => [path, sizeBytes]),
  );
  return [...view.databases.values()].flatMap(({ path, observation }) => {
    const place = placeOf(path);
    if (place?.kind !== 'app') return [];
    const uploads = uploadAges(view, path);
    const seeded: string[] = [];
    const findings: Finding[] = [];
    for (const [id, size] of observation?.facts.files ?? []) {
      const actual = sizes.get(blobPath(place.realm, place.app, id));
      if (actual === size) continue;
      const words = actual === undefined ? `${id} is missing` : `${id} has ${actual} bytes, not ${size}`;
      const age = uploads.get(JSON.stringify([id]));
      if (age === undefined) seeded.push(words);
      else findings.push(blobFinding(path, [words], age));
    }
    return seeded.length === 0 ? findings : [blobFinding(path, seeded, null), ...findings];
  });
}

function blobFinding(path: string, words: readonly string[], explainedByLossAgeMs: number | null): Finding {
  return finding('blobs', path, {
    expected: 'the blob of every _files row',
    actual: `${counted(words.length, 'blob')} missing or of another size`,
    detail: few(words),
    count: words.length,
    explainedByLossAgeMs,
  });
}

/** Key of each `_files` row that was written during the load → its age at the kill. */
function uploadAges(view: FleetView, path: string): Map<string, number> {
  const ages = new Map<string, number>();
  for (const write of view.ledger.databases.get(path)?.writes ?? []) {
    for (const [table, key, before, after] of write.effects) {
      if (table === '_files' && before === null && after !== null) ages.set(key, ageMs(view, write.atUs));
    }
  }
  return ages;
}
