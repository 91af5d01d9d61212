import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drillJson, failedChecks, smokeWith } from './cli-rig.ts';
import { litestreamUnderTest } from './litestream/under-test.ts';
import { SABOTAGES, writeSabotagedLitestream } from './sabotaged-litestream.ts';

/** A Litestream that lives and does nothing. */

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-frozen-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('costs the objective', async () => {
  const litestream = (await litestreamUnderTest()).path;
  const wrapper = writeSabotagedLitestream(folder, litestream, 'replicate-frozen');
  const file = join(folder, 'frozen.yaml');
  writeFileSync(
    file,
    smokeWith('workload: { writesPerSecond: 50, duration: 10s }\ndisaster: { kind: host-loss, at: 10s }'),
  );
  const args = [`--scenario=${file}`, '--seed=3', `--litestream=${wrapper}`];
  const { exitCode, scenario } = await drillJson(folder, args, litestream);
  expect(exitCode, scenario.reason).toBe(1);
  expect(scenario.measurements.lostWritesBeyondRpo).toBeGreaterThan(0);
  expect(failedChecks(scenario)).toEqual(expect.arrayContaining([...SABOTAGES['replicate-frozen'].checks]));
});
