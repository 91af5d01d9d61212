import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimWorkFolder, sweepCrashedRuns } from './sweep.ts';

let reports: string;
beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), 'drill-sweep-'));
});
afterEach(() => rmSync(reports, { recursive: true, force: true }));

function workFolder(run: string): string {
  const work = join(reports, run, 'work');
  mkdirSync(join(work, 'smoke', 'host-1'), { recursive: true });
  writeFileSync(join(reports, run, 'evidence.json'), '{}');
  return work;
}

it('leaves the folder of a run that is still going', async () => {
  const work = workFolder('running');
  await claimWorkFolder(work);
  expect(await sweepCrashedRuns(reports)).toEqual([]);
  expect(existsSync(work)).toBe(true);
});

it('removes the work folder of a run whose process is gone, and keeps its evidence', async () => {
  const work = workFolder('crashed');
  writeFileSync(join(work, 'owner.json'), JSON.stringify({ pid: 2 ** 22 - 3, startTicks: '1' }));
  expect(await sweepCrashedRuns(reports)).toEqual([work]);
  expect(existsSync(work)).toBe(false);
  expect(existsSync(join(reports, 'crashed', 'evidence.json'))).toBe(true);
});

it('is not fooled by a process id that was given to another process', async () => {
  const work = workFolder('reused');
  writeFileSync(join(work, 'owner.json'), JSON.stringify({ pid: process.pid, startTicks: '1' }));
  expect(await sweepCrashedRuns(reports)).toEqual([work]);
});

it('touches no folder that names no owner', async () => {
  const work = workFolder('foreign');
  expect(await sweepCrashedRuns(reports)).toEqual([]);
  expect(existsSync(work)).toBe(true);
});

it('finds nothing in a folder that does not exist', async () => {
  expect(await sweepCrashedRuns(join(reports, 'none'))).toEqual([]);
});
