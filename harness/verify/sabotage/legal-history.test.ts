import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from '../../judge/judge-drill.ts';
import type { AckRecord, IntentRecord, LedgerRecord } from '../../ledger/records.ts';
import { drillFleet, type DrilledFleet } from './drilled-fleet.ts';
import { LITESTREAM_TABLES_SQL } from './hidden-faults.ts';
import { FLEET_SEEDS, PROPERTY_RUNS, PROPERTY_TIMEOUT_MS } from './property-runs.ts';
import { chosenPoint, isOpen } from './recovery-points.ts';
import { edit, layOut, type Scene, verifyScene } from './scene.ts';
import { evidenceOf } from './scene-evidence.ts';

/** What may come of a drill in which nobody did anything wrong. */
interface History {
  readonly fleetOfSeed: (typeof FLEET_SEEDS)[number];
  /** The kill comes after so much of the ledger, in thousandths: in the middle of operations, or of a write. */
  readonly killedAfter: number;
  /** The write that was under way at the kill reached the bucket. */
  readonly unknownIsThere: boolean;
  /** Each database came back as it was at some write of its own; null: with everything. */
  readonly recoveryPoints: number | null;
  /** Writes that the database refused before they were tried again, and acknowledgements that came late: places in the ledger. */
  readonly refused: readonly number[];
  readonly late: readonly number[];
  /** What an honest file may have in it besides. */
  readonly litestreamTables: boolean;
  readonly unusedPages: boolean;
}

const fleets = new Map<number, DrilledFleet>();
beforeAll(async () => {
  for (const seed of FLEET_SEEDS) fleets.set(seed, await drillFleet(seed));
}, 120_000);
afterAll(async () => {
  for (const fleet of fleets.values()) await fleet[Symbol.asyncDispose]();
});

const histories: fc.Arbitrary<History> = fc.record({
  fleetOfSeed: fc.constantFrom(...FLEET_SEEDS),
  killedAfter: fc.integer({ min: 1, max: 1000 }),
  unknownIsThere: fc.boolean(),
  recoveryPoints: fc.option(fc.integer()),
  refused: fc.array(fc.nat(), { maxLength: 5 }),
  late: fc.array(fc.nat(), { maxLength: 5 }),
  litestreamTables: fc.boolean(),
  unusedPages: fc.boolean(),
});

test(
  'no history that is legal is called a failure, and only one without a write is not called a pass',
  async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const fleet = fleets.get(history.fleetOfSeed);
        if (fleet === undefined) throw new Error(`no fleet of seed ${history.fleetOfSeed}`);
        const drilled = {
          ...fleet,
          records: withLate(withRefused(fleet.records, history.refused), history.late),
        };
        const records = Math.ceil((drilled.records.length * history.killedAfter) / 1000);
        const seqOf = (path: string, last: number): number | null =>
          history.recoveryPoints === null
            ? last - (history.unknownIsThere || !isOpen(drilled, records, path) ? 0 : 1)
            : chosenPoint(drilled, path, last, history.recoveryPoints, records);
        await using scene = await layOut(drilled, { records, seqOf });
        leaveInFiles(scene, history);
        const verification = await verifyScene(scene);
        const { verdict, checks } = judge(evidenceOf(scene, verification));
        const failed = checks.filter((check) => check.verdict === 'fail');
        expect({ failed, problems: scene.ledger.problems }).toEqual({ failed: [], problems: [] });
        expect(verdict).toBe(scene.ledger.acknowledged === 0 ? 'inconclusive' : 'pass');
      }),
      { numRuns: PROPERTY_RUNS },
    );
  },
  PROPERTY_TIMEOUT_MS,
);

/** A database refuses a write (it was busy): nothing of it is in the file, and the number is used again. */
function withRefused(records: readonly LedgerRecord[], places: readonly number[]): LedgerRecord[] {
  const intents = records.filter((record): record is IntentRecord => record.t === 'intent');
  const chosen = new Set(places.map((place) => intents[place % intents.length]));
  return records.flatMap((record) => {
    if (record.t !== 'intent' || !chosen.has(record)) return [record];
    const { db, seq, due } = record;
    return [record, { t: 'refused', db, seq, at: due, error: 'SQLITE_BUSY' }, record];
  });
}

/** The writer was told of a commit when others had gone on already: before the next record of its own database. */
function withLate(records: readonly LedgerRecord[], places: readonly number[]): LedgerRecord[] {
  const late = [...records];
  for (const place of places) {
    const acks = late.filter((record): record is AckRecord => record.t === 'ack');
    const ack = acks[place % Math.max(1, acks.length)];
    if (ack === undefined) return late;
    const from = late.indexOf(ack);
    const next = late.findIndex((record, index) => index > from && 'db' in record && record.db === ack.db);
    const to = Math.min(next < 0 ? late.length : next, from + 1 + (place % 20));
    const before = late[to - 1];
    const at =
      before === undefined || before === ack || !('at' in before) ? ack.at : Math.max(ack.at, before.at);
    late.splice(to, 0, { ...ack, at });
    late.splice(from, 1);
  }
  return late;
}

function leaveInFiles(scene: Scene, { litestreamTables, unusedPages }: History): void {
  if (!litestreamTables && !unusedPages) return;
  for (const { path } of scene.ledger.databases.values()) {
    if (!hasFile(scene, path)) continue;
    edit(scene.dataDir, path, (db) => {
      if (litestreamTables) db.exec(LITESTREAM_TABLES_SQL);
      if (unusedPages) db.exec(`CREATE TABLE gone AS SELECT printf('%.3000c', 'x') AS a; DROP TABLE gone`);
    });
  }
}

function hasFile({ dataDir }: Scene, path: string): boolean {
  return existsSync(join(dataDir, path));
}
