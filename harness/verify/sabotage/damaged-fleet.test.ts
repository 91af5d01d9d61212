import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from '../../judge/judge-drill.ts';
import { FAULT_GROUPS, SABOTAGE_SEED } from './all-faults.ts';
import { drillFleet, type DrilledFleet } from './drilled-fleet.ts';
import type { Fault } from './fault.ts';
import { FLEET_SEEDS, PROPERTY_RUNS, PROPERTY_TIMEOUT_MS } from './property-runs.ts';
import { layOut, verifyScene } from './scene.ts';
import { evidenceOf } from './scene-evidence.ts';
import { type Target, targetIn } from './target.ts';

/** A restored fleet in which several things are wrong at once, at any instant of the kill. */
interface Damage {
  /** A seed, for a fleet as RustBaas makes it, or the one with its users' own tables. */
  readonly fleet: (typeof FLEETS)[number];
  /** Part of the ledger that there is at the kill, in percent. */
  readonly killedAfterPercent: number;
  readonly faults: readonly string[];
}

const FLEETS = [...FLEET_SEEDS, 'shaped'] as const;
const fleets = new Map<(typeof FLEETS)[number], DrilledFleet>();
beforeAll(async () => {
  for (const seed of FLEET_SEEDS) fleets.set(seed, await drillFleet(seed));
  fleets.set('shaped', await drillFleet(SABOTAGE_SEED, 'shaped'));
}, 120_000);
afterAll(async () => {
  for (const fleet of fleets.values()) await fleet[Symbol.asyncDispose]();
});

const FAULTS = new Map(
  FAULT_GROUPS.flatMap(({ faults }) => faults).map((fault) => [fault.name, fault] as const),
);

/** Faults in users' tables have no place where there are none. */
const PLAIN_FAULTS = FAULT_GROUPS.filter(({ fleet }) => fleet !== 'shaped').flatMap(({ faults }) =>
  faults.map(({ name }) => name),
);

const damages: fc.Arbitrary<Damage> = fc.constantFrom(...FLEETS).chain((fleet) =>
  fc.record({
    fleet: fc.constant(fleet),
    killedAfterPercent: fc.integer({ min: 60, max: 100 }),
    faults: fc.uniqueArray(fc.constantFrom(...(fleet === 'shaped' ? FAULTS.keys() : PLAIN_FAULTS)), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
);

test(
  'no fleet that is damaged, by whatever faults together, is called a pass',
  async () => {
    let damaged = 0;
    await fc.assert(
      fc.asyncProperty(damages, async ({ fleet, killedAfterPercent, faults }) => {
        const drilled = fleets.get(fleet);
        if (drilled === undefined) throw new Error(`no fleet ${fleet}`);
        const records = Math.ceil((drilled.records.length * killedAfterPercent) / 100);
        await using scene = await layOut(drilled, { records });
        const target = targetIn(drilled, scene);
        // What a loss within the objective explains is no damage; a fault may find no place in what others left; and either
        // may have put an undamaged file over theirs.
        fc.pre(faults.every((name) => isPlanted(FAULTS.get(name), target)));
        damaged++;
        expect(judge(evidenceOf(scene, await verifyScene(scene))).verdict).not.toBe('pass');
      }),
      { numRuns: PROPERTY_RUNS, maxSkipsPerRun: 100 },
    );
    expect(damaged).toBeGreaterThanOrEqual(PROPERTY_RUNS);
  },
  PROPERTY_TIMEOUT_MS,
);

/** Plants a fault if it has a place, and says whether it is one that nothing explains. */
function isPlanted(fault: Fault | undefined, target: Target): boolean {
  try {
    return fault !== undefined && fault.plant(target).excused !== true;
  } catch {
    // Nothing of its kind is in this fleet, or an earlier fault has taken it away.
    return false;
  }
}
