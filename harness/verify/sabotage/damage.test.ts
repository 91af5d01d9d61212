import { join } from 'node:path';
import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quoteIdentifier, scanTable } from '../../ledger/digest.ts';
import type { DatabaseHistory } from '../../ledger/history.ts';
import { lastSeq } from '../../ledger/history-state.ts';
import { judge } from '../../judge/judge-drill.ts';
import { verifyDatabase } from '../verify-database.ts';
import { drillFleet, type DrilledFleet } from './drilled-fleet.ts';
import { PROPERTY_RUNS, PROPERTY_TIMEOUT_MS } from './property-runs.ts';
import { edit, layOut, placeDatabase, type Scene, verifyScene } from './scene.ts';
import { evidenceOf } from './scene-evidence.ts';

let drilled: DrilledFleet;
let scene: Scene;
let paths: string[];
/** Those of databases that were protected: whatever else comes back torn is excused by its age. */
let promised: string[];
beforeAll(async () => {
  drilled = await drillFleet(13);
  scene = await layOut(drilled);
  paths = [...scene.ledger.databases.values()]
    .filter(({ deletedUs }) => deletedUs === null)
    .map(({ path }) => path);
  const { databases } = evidenceOf(scene, await verifyScene(scene));
  const wasProtected = new Map(databases.map(({ path, protectedUs }) => [path, protectedUs !== null]));
  promised = paths.filter((path) => wasProtected.get(path) === true);
}, 60_000);
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  await drilled[Symbol.asyncDispose]();
});

/** Values that differ from each other in type or in a single byte. */
const VALUES = [
  null,
  '',
  '0',
  '1',
  0,
  1,
  -1,
  0.5,
  1.5,
  1e300,
  'x',
  'X',
  'x\0',
  'x\0y',
  'é',
  Buffer.from(''),
  Buffer.from('x'),
  Buffer.from([0]),
];

interface Damage {
  readonly kind: 'delete' | 'insert' | 'update';
  readonly path: number;
  readonly table: number;
  readonly row: number;
  readonly column: number;
  readonly value: number;
  /** The in-band state is made to fit. */
  readonly covered: boolean;
}

const damages: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('delete', 'insert', 'update'),
  path: fc.nat(),
  table: fc.nat(),
  row: fc.nat(),
  column: fc.nat(),
  value: fc.nat({ max: VALUES.length - 1 }),
  covered: fc.boolean(),
});

test('no damage to a row passes unnoticed, and what is no damage gives no finding', async () => {
  await fc.assert(
    fc.asyncProperty(damages, async (damage) => {
      const path = paths[damage.path % paths.length] ?? '';
      const changed = edit(scene.dataDir, path, (db) => inflict(db, damage));
      const { verified } = await verifyDatabase({
        file: join(scene.dataDir, path),
        history: historyAt(path),
        killUs: scene.killUs,
      });
      restore(path);
      expect(verified?.thrown).toEqual([]);
      expect((verified?.findings ?? []).length > 0).toBe(changed);
    }),
    { numRuns: Math.max(200, PROPERTY_RUNS) },
  );
}, 300_000);

test(
  'a fleet with such a row is no pass, and one without is',
  async () => {
    await fc.assert(
      fc.asyncProperty(damages, async (damage) => {
        const path = promised[damage.path % promised.length] ?? '';
        const changed = edit(scene.dataDir, path, (db) => inflict(db, damage));
        const { verdict } = judge(evidenceOf(scene, await verifyScene(scene)));
        restore(path);
        expect(verdict === 'pass').toBe(!changed);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  },
  PROPERTY_TIMEOUT_MS,
);

function historyAt(path: string): DatabaseHistory {
  const history = scene.ledger.databases.get(path);
  if (history === undefined) throw new Error(path);
  return history;
}

function restore(path: string): void {
  const content = drilled.snapshots.get(path)?.get(lastSeq(historyAt(path)));
  if (content === undefined) throw new Error(path);
  placeDatabase(scene.dataDir, path, content);
}

/** Damages one row. Returns whether anything that SQLite stores is other than before. */
function inflict(db: Database.Database, damage: Damage): boolean {
  const tables = db
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_drill_identity' ORDER BY name",
    )
    .pluck()
    .all() as string[];
  const table = tables[damage.table % tables.length] ?? '';
  const before = JSON.stringify(scanTable(db, table));
  try {
    damageRow(db, table, damage);
  } catch (error) {
    // A constraint of SQLite's own held: nothing was damaged.
    if (!/constraint|datatype mismatch/i.test(String(error))) throw error;
  }
  const changed = JSON.stringify(scanTable(db, table)) !== before;
  if (changed && damage.covered && !table.startsWith('_drill_')) {
    const [rows, digest] = scanTable(db, table);
    db.prepare('UPDATE _drill_tables SET rows = ?, digest = ? WHERE name = ?').run(rows, digest, table);
  }
  return changed;
}

function damageRow(db: Database.Database, table: string, damage: Damage): void {
  const name = quoteIdentifier(table);
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
  const column = quoteIdentifier(columns[damage.column % columns.length] ?? '');
  const rowids = db.prepare(`SELECT rowid FROM ${name} ORDER BY rowid`).pluck().all() as number[];
  const rowid = rowids[damage.row % Math.max(1, rowids.length)] ?? 0;
  const value = VALUES[damage.value];
  switch (damage.kind) {
    case 'delete':
      db.prepare(`DELETE FROM ${name} WHERE rowid = ?`).run(rowid);
      return;
    case 'update':
      db.prepare(`UPDATE ${name} SET ${column} = ? WHERE rowid = ?`).run(value, rowid);
      return;
    case 'insert': {
      const row = db.prepare(`SELECT * FROM ${name} WHERE rowid = ?`).raw().get(rowid) as
        | unknown[]
        | undefined;
      const values = (row ?? columns.map(() => 'new')).map((old, index) =>
        index === damage.column % columns.length ? value : old,
      );
      db.prepare(`INSERT INTO ${name} VALUES (${columns.map(() => '?').join(', ')})`).run(...values);
      return;
    }
  }
}
