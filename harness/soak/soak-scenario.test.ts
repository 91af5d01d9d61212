import { stringify } from 'yaml';
import { expect, it } from 'vitest';
import { readScenario } from '../scenario/load.ts';
import { soakScenario } from './soak-scenario.ts';

it('every drill that is drawn is a scenario that may be run', () => {
  for (let seed = 1; seed <= 500; seed++) {
    expect(readScenario(stringify(soakScenario(seed)), `soak-${seed}.yaml`).problems).toEqual([]);
  }
});

it('the same seed draws the same drill, another one another', () => {
  expect(soakScenario(7)).toEqual(soakScenario(7));
  expect(new Set(Array.from({ length: 100 }, (_, seed) => JSON.stringify(soakScenario(seed)))).size).toBe(
    100,
  );
});
