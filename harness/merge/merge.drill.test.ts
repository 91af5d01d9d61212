import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Result } from '../result.ts';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-shards-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function drill(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 << 20 };
    execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

it('three shards of two drills, one of them empty by plan: merged they are the run that was planned', async () => {
  const plan = ['--scenario=smoke', '--repeat=2', '--seed=11', '--json'];
  const shard = (index: number): Promise<Ended> =>
    drill([...plan, '--shard=auto/3', `--output-dir=${join(folder, `pod-${index}`)}`], {
      JOB_COMPLETION_INDEX: String(index),
    });
  const merge = (): Promise<Ended> =>
    drill(['merge', folder, '--json', `--output-dir=${join(folder, 'out')}`]);

  const ended = [await shard(0), await shard(1)];
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const lost = await merge();
  expect(lost.exitCode).toBe(3);
  expect(lost.stderr).toContain('1 shard of 3 missing: 3');

  const empty = await shard(2);
  expect(empty.exitCode).toBe(0);
  expect(JSON.parse(empty.stdout)).toMatchObject({ verdict: 'pass', scenarios: [] });
  const { exitCode, stdout } = await merge();
  expect(exitCode).toBe(0);
  const merged = JSON.parse(stdout) as Result;
  const parts = ended.flatMap((run) => (JSON.parse(run.stdout) as Result).scenarios);
  expect(merged.scenarios).toEqual(parts.toSorted((a, b) => (a.drillId < b.drillId ? -1 : 1)));
  expect(merged.scenarios.map(({ seed }) => seed)).toEqual([11, 12]);
  expect(merged.repeatCommand).toBe(
    'npm run drill -- --scenario=smoke --store=embedded --repeat=2 --seed=11',
  );

  const dryRun = await drill([...plan, '--dry-run']);
  const { plans } = JSON.parse(dryRun.stdout) as { plans: { planDigest: string }[] };
  expect(merged.scenarios.map(({ planDigest }) => planDigest)).toEqual(
    plans.map(({ planDigest }) => planDigest),
  );
  expect(readdirSync(join(folder, 'out', 'latest'))).toContain('junit.xml');
  const again = await drill(['judge', 'latest', '--json', `--output-dir=${join(folder, 'out')}`]);
  expect(again).toMatchObject({ exitCode: 0, stdout, stderr: '' });
});
