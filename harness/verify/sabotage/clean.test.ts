import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../evidence/checks.ts';
import { judge } from '../../judge/judge-drill.ts';
import { baseSeq, lastSeq, writeAt } from '../../ledger/history-state.ts';
import { writeRestoredFrom } from '../../supervisor/restored-from.ts';
import { registrationsOf } from '../places.ts';
import { listRestored } from '../restored-folder.ts';
import { drillFleet, type DrilledFleet } from './drilled-fleet.ts';
import { LITESTREAM_TABLES_SQL } from './hidden-faults.ts';
import { chosenPoint, isOpen } from './recovery-points.ts';
import { allFindings, edit, layOut, type Scene, verifyScene } from './scene.ts';
import { evidenceOf } from './scene-evidence.ts';

let drilled: DrilledFleet;

describe.each([
  { kind: 'plain', runs: 40, writes: 300 },
  { kind: 'shaped', runs: 15, writes: 150 },
] as const)('a restore without a fault, of a $kind fleet', ({ kind, runs, writes }) => {
  beforeAll(async () => {
    drilled = await drillFleet(11, kind);
  }, 60_000);
  afterAll(async () => drilled[Symbol.asyncDispose]());

  test('gives no finding when nothing is lost', async () => {
    const scene = await layOut(drilled);
    const verification = await verifyScene(scene);
    expect(scene.ledger.problems).toEqual([]);
    expect(allFindings(verification)).toEqual([]);
    expect(verification.thrown).toEqual([]);
    for (const { verified, lostWrites } of verification.databases.values()) {
      expect(verified?.thrown ?? []).toEqual([]);
      expect(lostWrites).toEqual([]);
    }
    expect(scene.ledger.acknowledged).toBeGreaterThan(writes);
    expect(judge(evidenceOf(scene, verification)).verdict).toBe('pass');
    // Looking leaves nothing behind.
    expect((await listRestored(scene.dataDir)).filter(({ path }) => /-(wal|shm)$/.test(path))).toEqual([]);
    await scene[Symbol.asyncDispose]();
  });

  test("gives no finding for the restore's word on the old host's lease", async () => {
    const scene = await layOut(drilled);
    writeRestoredFrom(
      scene.dataDir,
      { leaseKey: `${'p'.repeat(1000)}/.rustbaas-lease.json`, etag: '"1"', seenAtMs: 1, bootId: 'b' },
      0o640,
    );
    expect(allFindings(await verifyScene(scene))).toEqual([]);
    await scene[Symbol.asyncDispose]();
  });

  test('gives no finding for the tables that Litestream left in it', async () => {
    const scene = await layOut(drilled);
    for (const { path, deletedUs } of scene.ledger.databases.values())
      if (deletedUs === null) edit(scene.dataDir, path, (db) => db.exec(LITESTREAM_TABLES_SQL));
    expect(allFindings(await verifyScene(scene))).toEqual([]);
    await scene[Symbol.asyncDispose]();
  });

  test('gives no finding at any instant of the kill, half-done operations and unknown writes included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: drilled.records.length - 1 }), fc.boolean(), async (cut, present) => {
        // Everything reached the bucket; the write that was under way may be in it or not.
        const seqOf = (path: string, last: number): number =>
          last - (present || !isOpen(drilled, cut + 1, path) ? 0 : 1);
        const scene = await layOut(drilled, { records: cut + 1, seqOf });
        const verification = await verifyScene(scene);
        expect(scene.ledger.problems).toEqual([]);
        expect(allFindings(verification)).toEqual([]);
        for (const { lostWrites } of verification.databases.values()) expect(lostWrites).toEqual([]);
        expect(judge(evidenceOf(scene, verification)).verdict).toBe(
          scene.ledger.acknowledged === 0 ? 'inconclusive' : 'pass',
        );
        await scene[Symbol.asyncDispose]();
      }),
      { numRuns: runs },
    );
  }, 120_000);

  test('gives exactly the lost writes at any recovery point of each database, and no finding that no loss explains', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: drilled.records.length - 1 }), fc.integer(), async (cut, choice) => {
        const points = new Map<string, number | null>();
        const seqOf = (path: string, last: number): number | null => {
          const point = chosenPoint(drilled, path, last, choice, cut);
          points.set(path, point);
          return point;
        };
        const scene = await layOut(drilled, { records: cut + 1, seqOf });
        const verification = await verifyScene(scene);
        for (const [path, point] of points) expectLossAfter(scene, verification, path, point);
        const unexplained = verification.findings.filter(
          ({ explainedByLossAgeMs }) => explainedByLossAgeMs === null,
        );
        expect(unexplained).toEqual([]);
        for (const finding of verification.findings)
          expect(ages(scene)).toContain(finding.explainedByLossAgeMs);
        expect(allFindings({ ...verification, findings: [] })).toEqual([]);
        const { verdict } = judge(evidenceOf(scene, verification));
        expect(verdict).toBe(scene.ledger.acknowledged === 0 ? 'inconclusive' : 'pass');
        await scene[Symbol.asyncDispose]();
      }),
      { numRuns: runs },
    );
  }, 120_000);

  test('reads the same with several threads', async () => {
    const scene = await layOut(drilled, { seqOf: (_path, last) => Math.floor(last / 2) });
    const alone = await verifyScene(scene);
    const together = await verifyScene(scene, scene.ledger, 2);
    expect(withoutInstants(together.findings)).toEqual(withoutInstants(alone.findings));
    expect([...together.databases.keys()].toSorted()).toEqual([...alone.databases.keys()].toSorted());
    for (const [path, database] of alone.databases) {
      expect(together.databases.get(path)?.lostWriteAgesMs).toEqual(database.lostWriteAgesMs);
      expect(together.databases.get(path)?.observation?.tables).toEqual(database.observation?.tables);
    }
    await scene[Symbol.asyncDispose]();
  });
});

function expectLossAfter(
  scene: Scene,
  verification: Awaited<ReturnType<typeof verifyScene>>,
  path: string,
  point: number | null,
): void {
  const history = scene.ledger.databases.get(path);
  const database = verification.databases.get(path);
  if (history === undefined || database === undefined) throw new Error(path);
  const acknowledged = history.writes.filter(({ fate }) => fate === 'acknowledged').map(({ seq }) => seq);
  const lost =
    point === null ? [baseSeq(history), ...acknowledged] : acknowledged.filter((seq) => seq > point);
  expect([path, database.lostWrites]).toEqual([path, lost]);
  expect(database.lostWriteAgesMs).toEqual(
    lost
      .map((seq) => (scene.killUs - (writeAt(history, seq)?.atUs ?? history.base.at)) / 1000)
      .toSorted((a, b) => b - a),
  );
  if (point !== null) expect([path, database.verified?.recoveryPoint]).toEqual([path, point]);
}

/** Ages that can explain a finding: those of creations, deletions, registrations and uploads. */
function ages(scene: Scene): number[] {
  const instants = [...scene.ledger.databases.values()].flatMap((history) => [
    history.base.at,
    ...history.writes.flatMap(({ atUs, kind }) =>
      atUs === null ? [scene.killUs] : /-(create|delete)$|upload/.test(kind) ? [atUs] : [],
    ),
    ...(registrationsOf(history.path).length === 0 || lastSeq(history) === 0 ? [scene.killUs] : []),
  ]);
  return instants.map((instant) => (scene.killUs - instant) / 1000);
}

function withoutInstants(findings: readonly Finding[]): string[] {
  return findings.map((finding) => JSON.stringify(finding)).toSorted();
}
