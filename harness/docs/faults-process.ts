/** `npm run docs:faults`: plants every fault of the suite once and writes docs/planted-faults.md. */
import { writeFileSync } from 'node:fs';
import { FAULT_GROUPS, SABOTAGE_SEED } from '../verify/sabotage/all-faults.ts';
import { drillFleet } from '../verify/sabotage/drilled-fleet.ts';
import { faultRow } from '../verify/sabotage/fault-row.ts';
import { layOut } from '../verify/sabotage/scene.ts';
import { targetIn } from '../verify/sabotage/target.ts';
import { PLANTED_FAULTS, plantedFaults } from './planted-faults.ts';

await using plain = await drillFleet(SABOTAGE_SEED);
await using shaped = await drillFleet(SABOTAGE_SEED, 'shaped');
const rows = new Map<string, string[]>();
for (const { title, faults, fleet } of FAULT_GROUPS) {
  const drilled = fleet === 'shaped' ? shaped : plain;
  const own: string[] = [];
  for (const fault of faults) {
    await using scene = await layOut(drilled);
    const target = targetIn(drilled, scene);
    own.push(faultRow(fault, fault.plant(target), target));
  }
  rows.set(title, own);
}
writeFileSync(
  PLANTED_FAULTS,
  plantedFaults((title) => rows.get(title) ?? []),
);
process.stdout.write('docs/planted-faults.md\n');
