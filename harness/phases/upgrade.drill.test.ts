import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningHost, startHost } from '../host/host.ts';
import { SUPERVISOR } from '../host/protocol.ts';
import type { DrillContext } from './context.ts';
import type { HostUnderTest } from './start-host.ts';
import { upgradeActions } from './upgrade.ts';

/** An upgrade is one when the new program runs and the old one does not, whatever the supervisor was told. */

let folder: string;
let host: RunningHost;
let before: string;
let after: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-upgrade-'));
  [before, after] = [join(folder, 'before'), join(folder, 'after')];
  // Programs that run, and that are not the same one.
  for (const program of [before, after]) copyFileSync('/bin/sleep', program);
  host = await startHost(join(folder, 'host'));
  symlinkSync(before, join(host.paths.binDir, 'litestream'));
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Upgrades a host whose supervisor starts what `shell` says; answers what was noted. */
async function upgraded(shell: string): Promise<DrillContext['found']['faults']> {
  const startSupervisor = (): void =>
    host.start({
      name: SUPERVISOR,
      argv: null,
      shell,
      cwd: host.paths.folder,
      env: { PATH: `${host.paths.binDir}:${process.env['PATH'] ?? ''}`, HOME: host.paths.folder },
      logFile: join(folder, 'supervisor.log'),
      relay: false,
      ledgerFile: null,
    });
  startSupervisor();
  const found = { faults: [] as DrillContext['found']['faults'] };
  const drill = {
    found,
    order: {
      upgrades: [{ atMs: 0, litestream: { version: '0.5.17', path: after } }],
      signal: new AbortController().signal,
    },
  } as unknown as DrillContext;
  const underTest = {
    host,
    startSupervisor,
    expectSupervisorEnd: () => undefined,
  } as unknown as HostUnderTest;
  for (const { run } of upgradeActions(drill, underTest, 5000)) await run();
  return found.faults;
}

it('has taken effect when the new program runs in the place of the old one', async () => {
  expect(await upgraded('exec litestream 1010')).toEqual([
    {
      id: 'upgrade to 0.5.17',
      engaged: true,
      count: 1,
      orderedStops: [{ tookMs: expect.any(Number), exitCode: null, signal: 'SIGTERM' }],
    },
  ]);
});

it.each([
  ['a supervisor that keeps to the old program', () => `exec ${before} 1011`],
  ['a supervisor that starts none', () => 'exec sleep 1012'],
  ['an old program that goes on beside the new one', () => `${before} 1013 & exec litestream 1014`],
])('has not with %s', async (_, shell) => {
  expect(await upgraded(shell())).toMatchObject([{ id: 'upgrade to 0.5.17', engaged: false, count: 0 }]);
});
