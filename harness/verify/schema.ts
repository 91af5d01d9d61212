import type { Finding } from '../evidence/checks.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { writesUpTo } from '../ledger/history-state.ts';
import { baseObjects } from './base-schema.ts';
import { few, finding } from './finding.ts';
import type { Observation } from './observation.ts';

/** `schema`: tables, indexes, triggers, views, version numbers and the format of the file are those of write `seq`. */
export function schemaFindings(history: DatabaseHistory, observation: Observation, seq: number): Finding[] {
  const expected = schemaDigestAt(history, seq);
  if (observation.schema === expected) return [];
  const { path } = history;
  return [
    finding('schema', path, {
      expected: `schema digest ${expected.slice(0, 12)} of write ${seq}`,
      actual: `schema digest ${observation.schema?.slice(0, 12) ?? 'unreadable'}`,
      detail: difference(history, observation, seq),
      count: 1,
    }),
  ];
}

/** RustBaas keeps its databases in WAL mode, and Litestream copies the page that says so. */
const JOURNAL_MODE = 'wal';

/** `schema` as well: the file is journalled as it was, unless the application is known to have changed that. */
export function journalFindings(path: string, { journalMode }: Observation, mayChange: boolean): Finding[] {
  if (mayChange || journalMode === null || journalMode === JOURNAL_MODE) return [];
  return [
    finding('schema', path, {
      expected: `journal mode ${JOURNAL_MODE}`,
      actual: `journal mode ${journalMode}`,
      detail: 'nobody had changed it: this is another file than the one that was replicated',
      count: 1,
    }),
  ];
}

/**
 * Writes up to `seq` whose change of the schema is missing: those after the latest earlier point whose schema this is.
 * Empty when the schema is that of no point: then it is damage, and no write is behind it.
 */
export function missingSchemaWrites(
  history: DatabaseHistory,
  observation: Observation,
  seq: number,
): number[] {
  if (observation.schema === schemaDigestAt(history, seq)) return [];
  const changes = writesUpTo(history, seq).filter((write) => write.schema !== null);
  const digests = [history.base.schema, ...changes.map((write) => write.schema)];
  const there = digests.lastIndexOf(observation.schema);
  return there < 0 ? [] : changes.slice(there).map((write) => write.seq);
}

function schemaDigestAt(history: DatabaseHistory, seq: number): string {
  return writesUpTo(history, seq).findLast((write) => write.schema !== null)?.schema ?? history.base.schema;
}

function difference(history: DatabaseHistory, observation: Observation, seq: number): string {
  const late = missingSchemaWrites(history, observation, seq);
  if (late.length > 0) return `this is the schema before write ${late[0] ?? 0}`;
  const base = [...baseObjects(history.path)];
  const missing = base.filter(([object]) => !observation.objects.has(object)).map(([object]) => object);
  const changed = base
    .filter(([object, sql]) => observation.objects.has(object) && observation.objects.get(object) !== sql)
    .map(([object]) => object);
  const { pageBytes } = observation;
  const seeded = history.base.pageBytes ?? pageBytes;
  const parts = [
    ...(pageBytes === seeded ? [] : [`a page size of ${pageBytes ?? 'no'} bytes in the place of ${seeded}`]),
    ...(missing.length > 0 ? [`missing: ${few(missing)}`] : []),
    ...(changed.length > 0 ? [`changed: ${few(changed)}`] : []),
  ];
  return parts.length > 0
    ? parts.join('; ')
    : 'no object of RustBaas itself is missing or changed: a collection, a version number, the format of the file or an object of no one';
}
