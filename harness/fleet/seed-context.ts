import type { Database } from 'better-sqlite3';
import { randomFor } from '../random.ts';
import type { Random } from '../random.ts';
import type { PlannedDatabase } from '../scenario/plan.ts';
import type { SqlValue } from './field-values.ts';
import { insertRows } from './insert-rows.ts';
import { timestamp } from './ids.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What the seeding of one database works with. Everything in it comes from the seed and the path. */
export interface SeedContext {
  readonly db: Database;
  readonly seed: number;
  readonly planned: PlannedDatabase;
  readonly random: Random;
  readonly vocabulary: Vocabulary;
  /** Size that a record is filled up to; undefined: as long as its words. */
  readonly recordBytes: number | undefined;
  /** A made-up instant, later with every call. */
  nextMs(): number;
  /** Inserts whole rows and counts them. */
  insert(table: string, rows: Iterable<readonly SqlValue[]>): void;
  /** Rows that are still to come until the planned number is reached. */
  rowsLeft(): number;
}

/** The first rows are this old: the release day of RustBaas 0.1.1. No wall clock, so that a seed gives the same bytes. */
const FIRST_MS = Date.UTC(2026, 5, 3);
const START_SPREAD_MS = 30 * 86_400_000;
/** Mean a second between rows, as on a host that is used. */
const STEP_MS_MAX = 2000;

/** A context whose chance depends only on the seed and the database's path. */
export function seedContext(
  db: Database,
  seed: number,
  planned: PlannedDatabase,
  vocabulary: Vocabulary,
  recordBytes?: number,
): SeedContext {
  const random = randomFor(seed, `seed/${planned.path}`);
  let nowMs = FIRST_MS + random.int(0, START_SPREAD_MS);
  let inserted = 0;
  return {
    db,
    seed,
    planned,
    random,
    vocabulary,
    recordBytes,
    nextMs: () => (nowMs += random.int(1, STEP_MS_MAX)),
    insert: (table, rows) => {
      inserted += insertRows(db, table, rows);
    },
    rowsLeft: () => planned.rows - inserted,
  };
}

/** `count` rows made by `make`; none when the count is negative. */
export function* rowsOf<T>(count: number, make: (index: number) => T): Generator<T> {
  for (let index = 0; index < count; index++) yield make(index);
}

const AUDIT_ACTIONS = [
  'settings.update',
  'policy.update',
  'admin.invite',
  'collection.read',
  'export.run',
] as const;

/** Audit rows: `id` is left to AUTOINCREMENT. */
export function insertAuditRows(context: SeedContext, count: number): void {
  const { random, vocabulary } = context;
  context.insert(
    'audit_log',
    rowsOf(count, () => [
      null,
      timestamp(context.nextMs()),
      random.pick(vocabulary.emailNames),
      random.pick(AUDIT_ACTIONS),
      random.pick(vocabulary.words),
      random.int(0, 3) === 0 ? null : `{"ip":"192.0.2.${random.int(1, 254)}"}`,
    ]),
  );
}
