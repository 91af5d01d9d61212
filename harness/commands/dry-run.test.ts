import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planDrill } from '../scenario/plan.ts';
import { smallScenario } from '../workload/fleet-fixture.ts';
import { dryRun } from './dry-run.ts';

let outputDir: string;
beforeAll(() => {
  outputDir = mkdtempSync(path.join(tmpdir(), 'drill-dry-run-'));
});
afterAll(() => rmSync(outputDir, { recursive: true }));

interface Expected {
  readonly memoryBytes: { readonly value: number; readonly from: string };
  readonly diskBytes: number;
}

/** What is told of a drill whose largest app begins with so much archive. */
async function expected(bulkMb?: number): Promise<Expected> {
  const fleet = { realms: 1, appsPerRealm: 2, ...(bulkMb === undefined ? {} : { shapes: { bulkMb } }) };
  let told = '';
  const stdout = { write: (text: string) => void (told += text), colour: false, columns: 100, motion: false };
  const plans = [planDrill(smallScenario({ fleet }), 1)];
  await dryRun([], plans, { json: true, outputDir }, { stdout, stderr: stdout, env: {} });
  return (JSON.parse(told) as { plans: { expected: Expected }[] }).plans[0]?.expected as Expected;
}

describe('the memory that a drill is expected to take', () => {
  it('is more with an archive, and bounded: seeding and verification read it piece by piece', async () => {
    const [plain, small, large, largest] = await Promise.all([
      expected(),
      expected(10),
      expected(1040),
      expected(16_384),
    ]);
    const added = (of: Expected): number => of.memoryBytes.value - plain.memoryBytes.value;
    expect(added(small)).toBeGreaterThan(0);
    expect(added(large)).toBeGreaterThan(added(small));
    expect(added(largest)).toBe(added(large));
    expect(added(largest)).toBeLessThan(1_000_000_000);
  });

  it('says what of the file is in memory besides, as long as nobody else needs the room', async () => {
    expect((await expected()).memoryBytes.from).not.toContain('archive');
    expect((await expected(1040)).memoryBytes.from).toContain('verified 1.1 GB of it are mapped');
    expect((await expected(16_384)).memoryBytes.from).toContain('verified 2.1 GB of it are mapped');
  });

  it('has the archive in the space on disk too, unbounded', async () => {
    const [plain, largest] = await Promise.all([expected(), expected(16_384)]);
    expect(largest.diskBytes - plain.diskBytes).toBeGreaterThan(16_384 * 1_048_576 * 3);
  });
});
