import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drillJson, smokeWith } from './cli-rig.ts';
import { litestreamUnderTest } from './litestream/under-test.ts';
import { expectedOf, foundBy, writeSabotagedLitestream } from './sabotaged-litestream.ts';

/** A Litestream that lives and does nothing, while it replicates and while it restores. */

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-frozen-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('costs the objective while it replicates', async () => {
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
  const expected = expectedOf('replicate-frozen');
  expect(foundBy(scenario, expected)).toMatchObject(expected);
});

it('is ended at its limit while it restores, and fails the drill', async () => {
  const litestream = (await litestreamUnderTest()).path;
  const wrapper = writeSabotagedLitestream(folder, litestream, 'restore-hangs');
  const file = join(folder, 'hangs.yaml');
  writeFileSync(file, smokeWith('recovery: { databaseTimeout: 2s }'));
  const args = [`--scenario=${file}`, '--seed=3', `--litestream=${wrapper}`];
  const { exitCode, scenario } = await drillJson(folder, args, litestream);
  expect(exitCode, scenario.reason).toBe(1);
  const expected = expectedOf('restore-hangs');
  expect(foundBy(scenario, expected)).toMatchObject(expected);
  expect(scenario.databases.find((database) => database.path === 'system.db')?.detail).toContain('2000 ms');
});
