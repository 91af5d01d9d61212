import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { phaseStarted, readOrEmpty, smokeWith, start } from './cli-rig.ts';
import type { Result } from './result.ts';
import { waitFor } from './waiting.ts';

/**
 * The process of the drill's own that leads a host is killed. Its writers then end in good order, Litestream catches up, and
 * nothing that is judged later is wrong: only the drill can say that this was not the disaster.
 */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-leader-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['during the load', 'load', 'host-1', 'load', 3500],
  ['before the first writes of the second life', 'second life', 'host-2', 'second life', 0],
])('%s: the rig failed, and nobody passes or fails', async (_, phase, host, inPhase, afterMs) => {
  const file = join(folder, 'smoke.yaml');
  writeFileSync(
    file,
    smokeWith(
      'workload: { writesPerSecond: 60, duration: 4s }\ndisaster: { kind: host-loss, at: 4s }\nobjectives: [rpoMs max < 3000]',
    ),
  );
  const outputDir = join(folder, 'runs');
  const run = start([
    `--scenario=${file}`,
    '--seed=3',
    '--store=embedded',
    '--json',
    `--output-dir=${outputDir}`,
  ]);
  const signal = new AbortController().signal;
  const reached = (): true | null => (phaseReached(outputDir, phase) ? true : null);
  expect(await waitFor(reached, { timeoutMs: 60_000, everyMs: 5, signal })).toBe(true);
  await sleep(afterMs);
  process.kill(leaderOf(outputDir, host), 'SIGKILL');
  const { exitCode, stdout } = await run.ended;
  const [scenario] = (JSON.parse(stdout) as Result).scenarios;
  expect(scenario?.reason).toMatch(`the rig failed in phase ${inPhase}: the host lost its leader`);
  expect([scenario?.verdict, exitCode]).toEqual(['inconclusive', 3]);
});

function phaseReached(outputDir: string, phase: string): boolean {
  try {
    return phaseStarted(outputDir, phase);
  } catch {
    return false; // there is no run yet
  }
}

function leaderOf(outputDir: string, host: string): number {
  const pid = readdirSync('/proc').find((name) => {
    const args = readOrEmpty(`/proc/${name}/cmdline`).split('\0');
    return (
      args[1]?.includes('leader-process') === true &&
      args[2]?.startsWith(`${outputDir}/`) === true &&
      args[2].endsWith(host)
    );
  });
  if (pid === undefined) throw new Error(`${host} has no leader`);
  return Number(pid);
}
