import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Result, ScenarioResult } from './result.ts';
import { openExternalRig, resultOf } from './store/external-rig.ts';
import type { RequestLogEntry } from './store/request-log.ts';

/** Whole drills with something broken at the store: the figures are honest, and nothing that was declared excuses anything. */

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-store-faults-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Four databases, all of them written to ten times a second. */
function scenario(atSec: number, ...faults: string[]): string {
  const file = join(folder, 'brief.yaml');
  writeFileSync(
    file,
    `id: brief
title: Brief
tier: smoke
fleet: { realms: 1, appsPerRealm: 2, idleShare: 0 }
supervisor: { replicateIntervalSec: 0.5 }
workload: { writesPerSecond: 40, duration: ${atSec}s }
disaster: { kind: host-loss, at: ${atSec}s }
faults: [${faults.join(', ')}]
recovery: { secondLife: false }
objectives: [rpoMs max < 2000, lostWritesBeyondRpo == 0]
`,
  );
  return `--scenario=${file}`;
}

interface Ended extends ScenarioResult {
  readonly exitCode: number | null;
  readonly evidence: string;
}

function drill(atSec: number, ...faults: string[]): Ended {
  const outputDir = mkdtempSync(join(folder, 'run-'));
  const args = [scenario(atSec, ...faults), '--seed=1', '--json', `--output-dir=${outputDir}`];
  const ended = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const result = JSON.parse(ended.stdout) as Result;
  const [only] = result.scenarios;
  if (only === undefined) throw new Error(ended.stderr);
  const evidence = join(outputDir, result.runId, 'evidence', only.drillId);
  return { ...only, exitCode: ended.status, evidence };
}

function lines<T>(file: string): T[] {
  const text = readFileSync(file, 'utf8').split('\n');
  return text.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as T);
}

it('a kill in the middle of an outage: the RPO is what the outage had lasted, and the drill is red', () => {
  const result = drill(12, '{ id: outage, kind: store-refused, from: 4s, for: 16s }');
  const rpoMs = result.measurements.rpoMs?.max ?? 0;
  expect(rpoMs).toBeGreaterThan(8000);
  expect(rpoMs).toBeLessThan(10_000);
  expect(result, result.reason).toMatchObject({
    verdict: 'fail',
    exitCode: 1,
    faults: [{ id: 'outage', engaged: true }],
  });
  expect(result.reason).toContain('objectives');
});

it('an outage that is over: the RPO is the ordinary one, and it is said when the host was itself again', () => {
  const result = drill(14, '{ id: outage, kind: store-refused, from: 2s, for: 4s }');
  expect(result, result.reason).toMatchObject({ verdict: 'pass', exitCode: 0 });
  const [{ uploadsAgainMs } = {}] = result.faults;
  expect(uploadsAgainMs).toBeGreaterThan(0);
  expect(uploadsAgainMs).toBeLessThan(6000);
  const { PUT = 0 } = result.storeCost?.perDatabaseAndDay ?? {};
  expect(PUT).toBeGreaterThan(10_000);
});

it('a fault that meets nobody proves nothing', () => {
  const result = drill(4, '{ id: nobody, kind: store-stall, keys: "^no/such/key" }');
  expect(result, result.reason).toMatchObject({ verdict: 'inconclusive', exitCode: 3 });
  expect(result.reason).toBe('the fault nobody never engaged');
});

it('an expired credential is in the status and the log of the supervisor within five seconds', () => {
  const result = drill(12, '{ id: expired, kind: store-status, status: 403, from: 4s }');
  expect(result, result.reason).toMatchObject({ verdict: 'fail', measurements: { databasesRestored: 4 } });
  expect(result.measurements.rpoMs?.max).toBeGreaterThan(8000);
  const met = lines<RequestLogEntry>(join(result.evidence, 'store-requests.ndjson')).filter(
    ({ fault }) => fault === 'expired',
  );
  expect(new Set(met.map(({ role, status }) => `${role} ${status}`))).toEqual(new Set(['writer 403']));
  const status = JSON.parse(readFileSync(join(result.evidence, 'config/litestream-status.json'), 'utf8')) as {
    updatedAt: string;
    updatedUs: number;
    bucket: { error: string | null };
  };
  expect(status.bucket.error).toBe('The provided token has expired.');
  const alarm = lines<{ time: string; source: string; error?: string }>(
    join(result.evidence, 'logs/supervisor.log'),
  ).find(({ source, error }) => source === 'supervisor' && error?.includes('expired') === true);
  const firstMs =
    Date.parse(status.updatedAt) - (status.updatedUs - (met[0]?.atUs ?? Number.NEGATIVE_INFINITY)) / 1000;
  expect(Date.parse(alarm?.time ?? '') - firstMs).toBeLessThan(5000);
});

it('a store that is somebody else’s is met by role, although the keys do not tell who asks', async () => {
  await using rig = await openExternalRig();
  const file = scenario(
    9,
    '{ id: outage, kind: store-refused, from: 2s, for: 2s }',
    '{ id: far, kind: store-slow, role: recovery, latency: { min: 20ms, max: 40ms } }',
  );
  const ended = await rig.run([file, '--store=external', '--seed=1', '--json'], rig.environment());
  const [result] = resultOf(ended).scenarios;
  expect(result).toMatchObject({
    verdict: 'pass',
    store: { endpoint: rig.store.writer.endpoint },
    faults: [
      { id: 'outage', engaged: true },
      { id: 'far', engaged: true },
    ],
  });
  const roles = new Set(result?.storeRequests?.map(({ role }) => role));
  expect(roles).toEqual(new Set(['recovery', 'writer']));
  expect(await rig.store.observer.list('')).toEqual([]);
  expect(readdirSync(ended.outputDir).length).toBeGreaterThan(0);
});
