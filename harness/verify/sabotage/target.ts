import { hotApp } from './drilled-fleet.ts';
import type { DrilledFleet } from './drilled-fleet.ts';
import type { DatabaseHistory, LedgerWrite } from '../../ledger/history.ts';
import { lastSeq } from '../../ledger/history-state.ts';
import type { WriteKind } from '../../ledger/records.ts';
import { realmPath, SYSTEM_PATH } from '../../fleet/layout.ts';
import { placeOf } from '../places.ts';
import { edit, fromSnapshot, type Scene } from './scene.ts';

/** Test support: where faults are planted, and which write is behind a row. */
export interface Target {
  readonly drilled: DrilledFleet;
  readonly scene: Scene;
  /** The app with the most writes; every operation was done in it. */
  readonly hot: string;
  /** An app that no write touched. */
  readonly idle: string;
  /** The realm.db of the hot app. */
  readonly realm: string;
  readonly system: string;
}

/** Chooses where to plant. */
export function targetIn(drilled: DrilledFleet, scene: Scene): Target {
  const hot = hotApp(drilled.plan, drilled.records);
  const untouched = [...scene.ledger.databases.values()].filter(
    ({ writes, deletedUs, path }) =>
      writes.length === 0 && deletedUs === null && placeOf(path)?.kind === 'app',
  );
  const idle = untouched.toSorted((a, b) => rows(b) - rows(a))[0]?.path;
  if (idle === undefined) throw new Error('no app is idle: choose another seed');
  return { drilled, scene, hot, idle, realm: realmPath(placeOf(hot)?.realm ?? ''), system: SYSTEM_PATH };
}

function rows(history: DatabaseHistory): number {
  return Object.values(history.base.tables).reduce((sum, [count]) => sum + count, 0);
}

/** The ledger's history of a database. */
export function historyOf({ scene }: Target, path: string): DatabaseHistory {
  const history = scene.ledger.databases.get(path);
  if (history === undefined) throw new Error(`the ledger does not know ${path}`);
  return history;
}

/** Number of the last write of a database. */
export function last(target: Target, path: string): number {
  return lastSeq(historyOf(target, path));
}

/** A write of a kind whose rows no later write touches, in the middle of the load. */
export function lastingWrite(
  target: Target,
  path: string,
  kind: WriteKind,
  accept: (write: LedgerWrite) => boolean = () => true,
): LedgerWrite {
  const { writes } = historyOf(target, path);
  const lasting = writes.filter((write, index) => {
    const after = writes.slice(index + 1);
    return (
      write.kind === kind &&
      after.length > 1 &&
      !after.some((later) => touchesSame(write, later)) &&
      accept(write)
    );
  });
  const chosen = lasting[Math.floor(lasting.length / 2)];
  if (chosen === undefined) throw new Error(`${path} has no lasting ${kind}: choose another seed`);
  return chosen;
}

function touchesSame(write: LedgerWrite, later: LedgerWrite): boolean {
  return write.effects.some(
    ([table, key]) =>
      later.dropped.includes(table) ||
      later.effects.some(([otherTable, otherKey]) => otherTable === table && otherKey === key),
  );
}

/** The first part of a row key. */
export function idOf(key: string): string {
  return String((JSON.parse(key) as unknown[])[0]);
}

/** Table and id of the only row of a write. */
export function onlyRow(write: LedgerWrite): { readonly table: string; readonly id: string } {
  const [effect, ...others] = write.effects;
  if (effect === undefined || others.length > 0)
    throw new Error(`write ${write.seq} touches ${write.effects.length} rows`);
  return { table: effect[0], id: idOf(effect[1]) };
}

/** Id of a seeded row of a table that no write touched. */
export function seededId(
  target: Target,
  path: string,
  table: string,
  condition = 'true',
  key = 'id',
): string {
  const touched = new Set(
    historyOf(target, path).writes.flatMap(({ effects }) =>
      effects.flatMap(([of, row]) => (of === table ? [idOf(row)] : [])),
    ),
  );
  const ids = edit(target.scene.dataDir, path, (db) =>
    db.prepare(`SELECT ${key} FROM "${table}" WHERE ${condition} ORDER BY ${key}`).pluck().all(),
  ) as (string | number)[];
  const found = ids.find((id) => !touched.has(String(id)));
  if (found === undefined) throw new Error(`${path} has no untouched row in ${table} where ${condition}`);
  return String(found);
}

/** Runs one statement on a restored file, and makes sure that it changed as many rows as meant. */
export function change(
  target: Target,
  path: string,
  sql: string,
  values: readonly unknown[] = [],
  rowsChanged = 1,
): void {
  const { changes } = edit(target.scene.dataDir, path, (db) => db.prepare(sql).run(...values));
  if (changes !== rowsChanged) throw new Error(`${changes} rows were changed, ${rowsChanged} were meant`);
}

/** Runs any SQL on a restored file. */
export function execute(target: Target, path: string, sql: string): void {
  edit(target.scene.dataDir, path, (db) => db.exec(sql));
}

/** Number that a query gives on a restored file. */
export function ask(target: Target, path: string, sql: string): number {
  return edit(target.scene.dataDir, path, (db) => Number(db.prepare(sql).pluck().get()));
}

/** Text that a query gives on a restored file. */
export function text(target: Target, path: string, sql: string): string {
  return edit(target.scene.dataDir, path, (db) => String(db.prepare(sql).pluck().get()));
}

/** Copies rows from the state of a database after an earlier or later write. */
export function copyRow(target: Target, path: string, seq: number, table: string, id: string): void {
  const content = target.drilled.snapshots.get(path)?.get(seq);
  if (content === undefined) throw new Error(`no snapshot of ${path} at ${seq}`);
  const row = fromSnapshot(
    content,
    (db) => db.prepare(`SELECT * FROM "${table}" WHERE id = ?`).get(id) as Record<string, unknown>,
  );
  // A column that was added since is NULL in it.
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(', ');
  change(
    target,
    path,
    `INSERT OR REPLACE INTO "${table}" ("${columns.join('", "')}") VALUES (${marks})`,
    Object.values(row),
  );
}
