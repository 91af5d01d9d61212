import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { type RunningHost, startHost } from '../host/host.ts';
import { SUPERVISOR } from '../host/protocol.ts';
import { hostKill } from '../scenario/host-fault.ts';
import { waitFor } from '../waiting.ts';
import { killProcesses } from './host-process-fault.ts';
import type { FaultRecord, HostScene } from './host-scene.ts';

/** How a supervisor ends that SIGTERM tells to: what is noted of it, and of what it is blamed. */

const signal = new AbortController().signal;
let folder: string;
let host: RunningHost;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-ordered-'));
  host = await startHost(join(folder, 'host'));
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Ends a supervisor that is this text for the shell, `times` often. */
async function ended(shell: string, fault: { signal?: 'SIGTERM' | 'SIGKILL'; times?: number } = {}) {
  const startSupervisor = (): void => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: host.paths.folder };
    host.start({
      name: SUPERVISOR,
      argv: null,
      shell,
      cwd: host.paths.folder,
      env,
      logFile: join(folder, 'supervisor.log'),
      relay: true,
      ledgerFile: null,
    });
  };
  const blamed: string[] = [];
  const scene = {
    drill: {
      found: { kill: null },
      order: { signal, clock: systemClock },
      recorder: { subjectFailed: (code: string) => blamed.push(code) },
    },
    underTest: { host, startSupervisor, expectSupervisorEnd: () => undefined },
  } as unknown as HostScene;
  let ready = false;
  host.listen((event) => {
    if (event.event === 'line') ready = true;
  });
  startSupervisor();
  await waitFor(() => ready || null, { timeoutMs: 20_000, everyMs: 5, signal });
  const record: FaultRecord = { id: 'ended', engaged: false, count: 0 };
  const again = fault.times === undefined ? {} : { startAgainAfter: '500ms', every: '500ms' };
  await killProcesses(
    scene,
    hostKill.parse({
      id: 'ended',
      kind: 'host-kill',
      at: '1s',
      process: 'supervisor',
      signal: 'SIGTERM',
      ...again,
      ...fault,
    }),
    record,
  );
  return { record, blamed };
}

it('notes how long it took and its exit code, and blames nobody for 0', async () => {
  const { record, blamed } = await ended(
    "trap 'sleep 0.3; exit 0' TERM; echo ready; while :; do sleep 0.05; done",
  );
  expect(record).toMatchObject({
    engaged: true,
    count: 1,
    orderedStops: [{ exitCode: 0, signal: null }],
  });
  expect(record.orderedStops?.[0]?.tookMs).toBeGreaterThan(300);
  expect(blamed).toEqual([]);
});

it('notes every end of more than one', async () => {
  const { record, blamed } = await ended('echo ready; exec sleep 1020', { times: 2 });
  const byTheSignal = { tookMs: expect.any(Number), exitCode: null, signal: 'SIGTERM' };
  expect(record.orderedStops).toEqual([byTheSignal, byTheSignal]);
  expect(blamed).toEqual([]);
});

it('blames it for an exit code of its own', async () => {
  const { record, blamed } = await ended("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done");
  expect(record).toMatchObject({ engaged: true, orderedStops: [{ exitCode: 7, signal: null }] });
  expect(blamed).toEqual(['unclean-end']);
});

it('notes nothing of an end by SIGKILL', async () => {
  const { record, blamed } = await ended('echo ready; exec sleep 1021', { signal: 'SIGKILL' });
  expect(record).toEqual({ id: 'ended', engaged: true, count: 1 });
  expect(blamed).toEqual([]);
});
