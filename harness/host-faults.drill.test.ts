import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { evidenceSchema } from './evidence.ts';
import type { LedgerRecord } from './ledger/records.ts';
import type { Result, ScenarioResult } from './result.ts';

/** Faults of the living host, drilled: they engage, their traces are counted, and nobody is blamed for them. */

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-host-faults-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Drilled extends ScenarioResult {
  readonly exitCode: number | null;
  readonly evidenceDir: string;
}

function drill(lines: Readonly<Record<string, string>>, objective = 'rpoMs max < 4000'): Drilled {
  const file = join(folder, 'brief.yaml');
  const fields = {
    id: 'brief',
    title: 'Brief',
    tier: 'smoke',
    fleet: '{ realms: 1, appsPerRealm: 3, idleShare: 0 }',
    supervisor: '{ replicateIntervalSec: 1 }',
    workload: '{ writesPerSecond: 100, duration: 7s }',
    protection: '{ timeout: 10s }',
    disaster: '{ kind: host-loss, at: 7s }',
    recovery: '{ secondLife: false }',
    ...lines,
    objectives: `[${objective}]`,
  };
  writeFileSync(
    file,
    Object.entries(fields)
      .map((field) => `${field.join(': ')}\n`)
      .join(''),
  );
  const outputDir = join(folder, 'runs');
  const args = [`--scenario=${file}`, '--store=embedded', '--seed=3', '--json', `--output-dir=${outputDir}`];
  const ended = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const [scenario] = (JSON.parse(ended.stdout) as Result).scenarios;
  if (scenario === undefined) throw new Error(ended.stderr);
  const evidenceDir = join(outputDir, 'latest', 'evidence', scenario.drillId);
  return { ...scenario, exitCode: ended.status, evidenceDir };
}

it('counts the writes of an application that was killed, before and after', () => {
  const result = drill({
    faults:
      '[{ id: killed, kind: host-kill, at: 1500ms, process: writer, times: 2, every: 1s, startAgainAfter: 500ms }]',
  });
  expect(result).toMatchObject({ verdict: 'pass', faults: [{ id: 'killed', engaged: true, count: 2 }] });
  const ledger = join(result.evidenceDir, 'ledger', 'life-1');
  const files = readdirSync(ledger).filter((name) => name.startsWith('writer-'));
  expect(files.toSorted()).toEqual(['writer-0.ndjson', 'writer-1.ndjson', 'writer-2.ndjson']);
  const acknowledgedIn = (name: string): number =>
    readFileSync(join(ledger, name), 'utf8')
      .split('\n')
      .slice(0, -1)
      .filter((line) => (JSON.parse(line) as LedgerRecord).t === 'ack').length;
  const each = files.map(acknowledgedIn);
  for (const count of each) expect(count).toBeGreaterThan(20);
  // And one more where the last write had come to its commit, but not to its acknowledgement.
  const total = each.reduce((sum, count) => sum + count, 0);
  expect(result.measurements.acknowledgedWrites - total).toBeGreaterThanOrEqual(0);
  expect(result.measurements.acknowledgedWrites - total).toBeLessThanOrEqual(2);
});

it('loses, with a frozen Litestream, what was written since, and no more', () => {
  const result = drill({
    expect: 'fail',
    mustFail: '[objectives]',
    faults: '[{ id: frozen, kind: host-freeze, at: 2s, process: litestream }]',
  });
  expect(result).toMatchObject({ verdict: 'pass', faults: [{ engaged: true, count: 1 }] });
  expect(result.measurements.rpoMs?.max).toBeGreaterThan(4900);
  expect(result.measurements.rpoMs?.max).toBeLessThan(5000 + 2000);
});

it('is inconclusive when there was nothing to freeze', () => {
  const result = drill({
    expect: 'fail',
    mustFail: '[objectives]',
    supervisor: '{ replicateIntervalSec: 1, command: sleep 1000 }',
    protection: '{ timeout: 1s }',
    faults: '[{ id: frozen, kind: host-freeze, at: 1s, process: litestream }]',
  });
  expect(result).toMatchObject({
    verdict: 'inconclusive',
    reason: 'the fault frozen never engaged',
    exitCode: 3,
  });
});

it('blames nobody for an end that it ordered', () => {
  const result = drill({
    faults:
      '[{ id: gone, kind: host-kill, at: 1s, process: replication, startAgainAfter: 500ms }, { id: ended, kind: host-kill, at: 3500ms, process: supervisor, signal: SIGTERM, startAgainAfter: 200ms }]',
  });
  const evidence = evidenceSchema.parse(
    JSON.parse(readFileSync(join(result.evidenceDir, 'evidence.json'), 'utf8')),
  );
  expect(evidence).toMatchObject({ subjectFailures: [], harnessFaults: [] });
  expect(result.faults.map(({ engaged }) => engaged)).toEqual([true, true]);
  expect(result.verdict).toBe('pass');
});

it('refuses a full disk where no small disk can be made, before anything is started', () => {
  const file = join(folder, 'full.yaml');
  writeFileSync(
    file,
    `id: full
title: Full
tier: smoke
fleet: { realms: 1 }
workload: { duration: 5s }
disaster: { kind: host-loss, at: 5s }
faults: [{ id: full, kind: host-disk-full, at: 1s, for: 1s }]
objectives: [rpoMs max < 4000]
`,
  );
  const outputDir = join(folder, 'runs');
  const ended = spawnSync(
    process.execPath,
    [CLI, `--scenario=${file}`, '--store=embedded', `--output-dir=${outputDir}`],
    // Without the program that mounts.
    { encoding: 'utf8', env: { ...process.env, PATH: folder } },
  );
  expect(ended.stderr).toContain(
    '[DRILL_E_FAULT_IMPOSSIBLE] no small disk can be made here for host-disk-full',
  );
  expect(ended.status).toBe(3);
  expect(readdirSync(outputDir)).toEqual([]);
});
