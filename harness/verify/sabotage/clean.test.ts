import { beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../evidence.ts';
import type { FleetVerification } from '../verify-fleet.ts';
import { drillFleet, type DrilledFleet } from './drilled-fleet.ts';
import { layOut, verifyScene } from './scene.ts';

let drilled: DrilledFleet;
beforeAll(async () => {
  drilled = await drillFleet(7);
}, 60_000);

function findingsOf(verification: FleetVerification): Finding[] {
  return [
    ...verification.findings,
    ...[...verification.databases.values()].flatMap(({ verified }) => verified?.findings ?? []),
  ];
}

describe('a restore without a fault', () => {
  test('gives no finding when nothing is lost', async () => {
    const scene = await layOut(drilled);
    const verification = await verifyScene(scene);
    expect(scene.ledger.problems).toEqual([]);
    expect(findingsOf(verification)).toEqual([]);
    expect(verification.thrown).toEqual([]);
    for (const { verified, lostWrites } of verification.databases.values()) {
      expect(verified?.thrown ?? []).toEqual([]);
      expect(lostWrites).toEqual([]);
    }
    expect(scene.ledger.acknowledged).toBeGreaterThan(300);
    await scene[Symbol.asyncDispose]();
  });
});
