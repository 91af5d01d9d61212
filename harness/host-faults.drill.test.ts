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

it("a second host that the disaster overtakes is ended with it, and its absence is the harness' own failure", () => {
  const result = drill({ secondHost: '{ at: 6900ms, writesPerSecond: 50 }' });
  expect(result, result.reason).toMatchObject({
    verdict: 'inconclusive',
    exitCode: 3,
    failures: [{ class: 'harness', code: 'fault-not-engaged' }],
  });
  expect(result.checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
});

it('counts the writes of an application that was killed, before and after', () => {
  const result = drill({
    faults:
      '[{ id: killed, kind: host-kill, at: 1500ms, process: writer, times: 2, every: 1s, startAgainAfter: 500ms }]',
  });
  expect(result, result.reason).toMatchObject({
    verdict: 'pass',
    faults: [{ id: 'killed', engaged: true, count: 2 }],
  });
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

it('counts what a second process wrote, and what the application tried against the locks of Litestream', () => {
  const result = drill({
    workload: '{ writesPerSecond: 100, duration: 7s, recordMix: { create: 3, update: 2 } }',
    faults:
      '[{ id: job, kind: host-second-writer, at: 200ms, for: 2s, writesPerSecond: 60, databases: 2 }, { id: tried, kind: host-database, at: 1s, do: checkpoint-truncate, times: 3, need: tried, patience: 20ms, databases: 2 }]',
  });
  expect(result, result.reason).toMatchObject({
    verdict: 'pass',
    faults: [
      { id: 'job', engaged: true },
      { id: 'tried', engaged: true, count: 6 },
    ],
  });
  const ledger = readFileSync(join(result.evidenceDir, 'ledger', 'life-1', 'writer-0.ndjson'), 'utf8');
  const records = ledger
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LedgerRecord);
  const acknowledged = records.filter((record) => record.t === 'ack');
  const byJob = acknowledged.filter(({ by }) => by === 'job').length;
  expect(byJob).toBeGreaterThanOrEqual(100);
  expect(result.faults[0]?.count).toBe(byJob);
  // All that both were told, and at most the one write that was on its way at the kill.
  const seen = result.measurements.acknowledgedWrites - acknowledged.length;
  expect(seen === 0 || seen === 1).toBe(true);
});

it('is inconclusive when a second process made no WAL long that was reused', () => {
  const result = drill({
    workload:
      '{ writesPerSecond: 100, duration: 7s, recordMix: { create: 3, update: 2 }, walAutocheckpointPages: 0 }',
    faults:
      '[{ id: job, kind: host-second-writer, at: 200ms, for: 2s, writesPerSecond: 60, databases: 2, walReused: { pages: 9000, for: 1s } }]',
  });
  expect(result, result.reason).toMatchObject({
    verdict: 'inconclusive',
    faults: [{ id: 'job', engaged: false }],
  });
  expect(result.faults[0]?.count).toBeGreaterThanOrEqual(100);
});

it('loses, with a frozen Litestream, what was written since, and no more', () => {
  const result = drill({
    expect: 'fail',
    mustFail: '[objectives]',
    faults: '[{ id: frozen, kind: host-freeze, at: 2s, process: litestream }]',
  });
  expect(result, result.reason).toMatchObject({ verdict: 'pass', faults: [{ engaged: true, count: 1 }] });
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
  expect(result, result.reason).toMatchObject({
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
  expect(result.faults[0]?.orderedStops).toBeUndefined();
  // With 0; or by the signal, where the machine was too busy for it to have come to its handler.
  expect(result.faults[1]?.orderedStops).toHaveLength(1);
  expect(result.measurements.orderedStopMs).toBe(result.faults[1]?.orderedStops?.[0]?.tookMs);
  expect(result.verdict, result.reason).toBe('pass');
});

it('blames a supervisor that was told to end, and does so with an exit code of its own', () => {
  const result = drill({
    supervisor: JSON.stringify({
      replicateIntervalSec: 1,
      // The shell answers for the supervisor, which ends in good order.
      command: `'${process.execPath}' '${CLI}' supervise --config rustbase.toml & child=$!; trap 'kill $child; wait $child; exit 7' TERM; wait $child`,
    }),
    faults:
      '[{ id: ended, kind: host-kill, at: 3s, process: supervisor, signal: SIGTERM, startAgainAfter: 200ms }]',
  });
  expect(result, result.reason).toMatchObject({
    verdict: 'fail',
    exitCode: 1,
    reason: 'the supervisor ended with exit code 7 after SIGTERM',
    faults: [{ engaged: true, orderedStops: [{ exitCode: 7, signal: null }] }],
    failures: [{ class: 'subject', code: 'unclean-end' }],
  });
});

it.each([
  ['host-disk-full, at: 1s, for: 1s', 'no small disk can be made here for host-disk-full'],
  ['recovery-disk-full', 'no small disk can be made here for recovery-disk-full'],
  ['host-limit, memoryMb: 100', 'no memory limit can be set here for host-limit'],
  [
    'host-slow-disk, at: 1s, for: 1s, writesPerSecond: 20',
    'no disk limit can be set here for host-slow-disk',
  ],
])('refuses %s where it cannot be made, before anything is started', (fault, what) => {
  const file = join(folder, 'full.yaml');
  writeFileSync(
    file,
    `id: full
title: Full
tier: smoke
fleet: { realms: 1 }
workload: { duration: 5s }
disaster: { kind: host-loss, at: 5s }
faults: [{ id: full, kind: ${fault} }]
objectives: [rpoMs max < 4000]
`,
  );
  const outputDir = join(folder, 'runs');
  const ended = spawnSync(
    process.execPath,
    [CLI, `--scenario=${file}`, '--store=embedded', `--output-dir=${outputDir}`],
    // Without the programs that make it.
    { encoding: 'utf8', env: { ...process.env, PATH: folder } },
  );
  expect(ended.stderr).toContain(`[DRILL_E_FAULT_IMPOSSIBLE] ${what}`);
  expect(ended.status).toBe(3);
  expect(readdirSync(outputDir)).toEqual([]);
});
