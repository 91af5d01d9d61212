import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { createEventBus } from './events.ts';
import { watchInterruption } from './interruption.ts';
import { readRun } from './run-directory.ts';
import { runDrills } from './run.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'drill-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([true, false])('a run notes when its work folder was removed, if it was: keep %s', async (keep) => {
  const runId = `keep-${keep}`;
  const runDir = path.join(folder, runId);
  const interruption = watchInterruption(() => undefined);
  try {
    const request = {
      runId,
      runDir,
      outputDir: folder,
      drills: [],
      against: null,
      share: null,
      seed: 42,
      repeatCommand: 'npm run drill',
      supervisor: null,
      timeoutMs: null,
      keep,
      bail: false,
      reporters: [],
      toolVersion: '0.1.0',
      environment: {},
      secrets: [],
    };
    await runDrills(request, createEventBus(), systemClock, interruption);
  } finally {
    interruption.release();
  }
  const { workRemovedAt, startedAt } = readRun(runDir).run;
  expect(existsSync(path.join(runDir, 'work'))).toBe(keep);
  if (keep) expect(workRemovedAt).toBeNull();
  else expect(Date.parse(workRemovedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(startedAt));
});
