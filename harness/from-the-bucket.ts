import type { Finding } from './evidence/checks.ts';
import type { RestoreRecord } from './evidence/database.ts';
import { hasReadSnapshot, type RequestLog, until } from './store/request-log.ts';
import { finding } from './verify/finding.ts';

interface FirstRestore {
  readonly records: readonly RestoreRecord[];
  readonly killUs: number;
  /** null: it has not come to its end. */
  readonly restoredUs: number | null;
  /** Of the objects at the kill, by key; left out: other ones may lie there by now. */
  readonly sizesBytes?: ReadonlyMap<string, number>;
}

/**
 * Databases that came back although nobody has read their replica: from a copy that the bucket knows nothing of. A log
 * that was cut off says nothing of it, against the subject or for it: the judge takes no such log for a pass.
 */
export function notFromTheBucket(
  log: RequestLog,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  { records, killUs, restoredUs, sizesBytes }: FirstRestore,
): Finding[] {
  if (!log.complete) return [];
  // What is read later, by the second restore or by who follows the page, does not speak for the first one; nor does what
  // was restored for a second host before the disaster.
  const { entries, ...rest } = until(log, restoredUs ?? Number.POSITIVE_INFINITY);
  const first = { ...rest, entries: entries.filter(({ atUs }) => atUs >= killUs) };
  return records
    .filter(({ outcome }) => outcome === 'restored')
    .filter(
      ({ path, place = path, format = null }) =>
        !hasReadSnapshot(first, bucket, `${prefix}/${place}`, format, sizesBytes),
    )
    .map(({ path, format }) =>
      finding('clean-host', path, {
        expected: 'restored from the bucket',
        actual:
          format === 'ltx' ? 'no LTX file that a restore begins with was read' : 'no snapshot of it was read',
        detail: 'it came back, but not from the bucket',
        count: 1,
      }),
    );
}
