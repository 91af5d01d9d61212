import { describe, expect, it } from 'vitest';
import { diskNeededBytes } from './preflight.ts';
import { planDrill } from './scenario/plan.ts';
import { smallScenario } from './workload/fleet-fixture.ts';

function neededMb(shapes?: object): number {
  const fleet = { realms: 1, appsPerRealm: 2, ...(shapes === undefined ? {} : { shapes }) };
  return diskNeededBytes(planDrill(smallScenario({ fleet }), 1)) / 1e6;
}

describe('what a drill needs of the disk', () => {
  it('is a few copies of what a scenario makes large', () => {
    const plain = neededMb();
    expect(neededMb({ pageBytes: [512] })).toBe(plain);
    expect(neededMb({ bulkMb: 1000 }) - plain).toBeCloseTo(4700);
    expect(neededMb({ features: ['large-blobs'], largeBlobBytes: 1_000_000 }) - plain).toBeGreaterThan(400);
  });
});
