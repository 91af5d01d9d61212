import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DrillError } from '../errors.ts';
import { SUPERVISOR } from '../host/subject.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import type { HostUnderTest } from './start-host.ts';
import type { TimedAction } from './timed-actions.ts';

/** Our supervisor gives Litestream ten seconds for its last sync; whoever takes longer than this has not ended in good order. */
const STOP_TIMEOUT_MS = 30_000;

/** The upgrades of a drill as actions of the load. Each is a fault that must have engaged: an upgrade that never was proves nothing. */
export function upgradeActions(drill: DrillContext, underTest: HostUnderTest): TimedAction[] {
  return drill.order.upgrades.map(({ atMs, litestream }) => {
    const fault = { id: `upgrade to ${litestream.version}`, engaged: false, count: 0 };
    drill.found.faults.push(fault);
    return {
      id: fault.id,
      atMs,
      run: async () => {
        await upgrade(drill, underTest, litestream.path);
        fault.engaged = true;
        fault.count = 1;
      },
    };
  });
}

/**
 * What an operator does: puts the new program into the place of the old one, and restarts the supervisor in good order.
 * The fleet goes on writing.
 */
async function upgrade(drill: DrillContext, underTest: HostUnderTest, program: string): Promise<void> {
  const { host } = underTest;
  const installed = join(host.paths.binDir, 'litestream');
  await symlink(program, `${installed}.new`);
  await rename(`${installed}.new`, installed);
  underTest.expectSupervisorEnd();
  host.signal(SUPERVISOR, 'SIGTERM');
  const exit = await waitFor(() => host.exitOf(SUPERVISOR), {
    timeoutMs: STOP_TIMEOUT_MS,
    everyMs: 20,
    signal: drill.order.signal,
  });
  if (exit === null) {
    throw new DrillError('DRILL_E_SUPERVISOR_FAILED', {
      what: 'the supervisor did not end for the upgrade',
      why: `no end within ${STOP_TIMEOUT_MS / 1000} s of SIGTERM`,
      fix: 'look at evidence/…/logs/supervisor.log in the run directory',
      exit: 3,
    });
  }
  underTest.startSupervisor();
}
