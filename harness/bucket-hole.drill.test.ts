import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastWrite, start } from './cli-rig.ts';
import type { Result, ScenarioResult } from './result.ts';

/** A hole in the bucket through the whole program: real uploads taken out, a real restore, every lost write counted. */

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-hole-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A drill of three apps, one of which gets a hole four seconds before the kill. */
async function drillWithHole(parts: string): Promise<{ scenario: ScenarioResult; runDir: string }> {
  const file = join(folder, 'hole.yaml');
  writeFileSync(
    file,
    `id: hole
title: A hole in one of three apps
tier: smoke
fleet: { realms: 1, appsPerRealm: 3, rowsPerApp: { min: 50, max: 50, skew: uniform }, idleShare: 0 }
supervisor: { replicateIntervalSec: 1 }
workload: { writesPerSecond: 40, duration: 9s }
disaster: { kind: host-loss, at: 9s }
recovery: { secondLife: false }
objectives: ['rpoMs max < 3500']
${parts}
`,
  );
  const outputDir = mkdtempSync(join(folder, 'run-'));
  const args = [`--scenario=${file}`, '--seed=5', '--store=embedded', '--keep', '--json'];
  const { stdout } = await start([...args, `--output-dir=${outputDir}`]).ended;
  const result = JSON.parse(stdout) as Result;
  return { scenario: result.scenarios[0] as ScenarioResult, runDir: join(outputDir, result.runId) };
}

describe('a hole in the bucket', () => {
  it('is engaged, is no late upload, and costs exactly the writes from the hole on', async () => {
    const { scenario, runDir } = await drillWithHole(
      'faults: [{ id: one-hole, kind: bucket-hole, beforeKill: 4s }]',
    );
    expect(scenario.faults).toEqual([{ id: 'one-hole', engaged: true, count: 1 }]);
    expect(scenario, scenario.reason).toMatchObject({
      verdict: 'fail',
      reason: '1 check failed: objectives',
    });
    const holed = scenario.databases.filter(({ rpoMs }) => (rpoMs ?? 0) > 3500);
    expect(holed).toHaveLength(1);
    for (const { path, acknowledged, lostWrites, rpoMs, lostAt, lostRuns } of scenario.databases) {
      expect(lostWrites, path).toBe(acknowledged - lastWrite(join(runDir, 'work/hole/host-2/data', path)));
      if (lostAt === undefined) continue;
      // What had been uploaded after the hole is there, and no restore gets to it; elsewhere nothing is like that.
      expect(lostAt.unreachable > 0, path).toBe(holed[0]?.path === path);
      expect(lostAt.unreachable + lostAt.staged + lostAt.wal, path).toBe(lostWrites);
      // Each of them by its number.
      expect(
        lostRuns?.reduce((sum, { from, to }) => sum + to - from + 1, 0),
        path,
      ).toBe(lostWrites);
      if (holed[0]?.path === path) expect(rpoMs).toBeLessThan(7000);
    }
    expect(holed[0]?.lostAt).toBeDefined();
    const requests = readFileSync(join(runDir, 'evidence', 'hole', 'store-requests.ndjson'), 'utf8');
    expect(requests).toContain('"role":"saboteur"');
  });

  it('that cannot be made is a fault that did not engage, and nothing is concluded from the drill', async () => {
    const { scenario } = await drillWithHole(
      // The last upload is no middle: nothing comes after it.
      'faults: [{ id: too-late, kind: bucket-hole, beforeKill: 0ms }]',
    );
    expect(scenario.faults).toEqual([{ id: 'too-late', engaged: false, count: 0 }]);
    expect(scenario.verdict, scenario.reason).toBe('inconclusive');
    expect(scenario.reason).toContain('too-late');
  });
});
