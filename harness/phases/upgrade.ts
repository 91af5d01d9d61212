import { realpath, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { DrillError } from '../errors.ts';
import { toldExit } from '../host/host.ts';
import { SUPERVISOR } from '../host/protocol.ts';
import { processesOfHost } from '../host/process-scan.ts';
import { thoseRunning } from '../host/running-program.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import type { FaultRecord } from './host-scene.ts';
import { noteOrderedStop } from './ordered-stop.ts';
import type { HostUnderTest } from './start-host.ts';
import type { TimedAction } from './timed-actions.ts';

/** Our supervisor gives Litestream ten seconds for its last sync; whoever takes longer than this has not ended in good order. */
const STOP_TIMEOUT_MS = 30_000;

/** From the new supervisor's start to its Litestream. */
const SEEN_TIMEOUT_MS = 30_000;
/** A supervisor that has just been started may be about to start more than what is there. */
const STEADY_MS = 1000;

/** The upgrades of a drill as actions of the load. Each is a fault that must have engaged: an upgrade that never was proves nothing. */
export function upgradeActions(
  drill: DrillContext,
  underTest: HostUnderTest,
  seenTimeoutMs = SEEN_TIMEOUT_MS,
): TimedAction[] {
  return drill.order.upgrades.map(({ atMs, litestream }) => {
    const fault: FaultRecord = { id: `upgrade to ${litestream.version}`, engaged: false, count: 0 };
    drill.found.faults.push(fault);
    return {
      id: fault.id,
      atMs,
      run: async () => {
        const before = await upgrade(drill, underTest, litestream.path, fault);
        fault.count = await seen(drill, underTest, { before, program: litestream.path, seenTimeoutMs });
        fault.engaged = fault.count > 0;
      },
    };
  });
}

/**
 * What an operator does: puts the new program into the place of the old one, and restarts the supervisor in good order.
 * The fleet goes on writing. Answers which program was there before.
 */
async function upgrade(
  drill: DrillContext,
  underTest: HostUnderTest,
  program: string,
  record: FaultRecord,
): Promise<string> {
  const { host } = underTest;
  const installed = join(host.paths.binDir, 'litestream');
  const before = await realpath(installed);
  await symlink(program, `${installed}.new`);
  await rename(`${installed}.new`, installed);
  underTest.expectSupervisorEnd();
  const orderedUs = monotonicUs();
  host.signal(SUPERVISOR, 'SIGTERM');
  const exit = await waitFor(() => toldExit(host, SUPERVISOR), {
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
  const { exitCode, signal } = exit;
  noteOrderedStop(drill, record, { tookMs: (exit.atUs - orderedUs) / 1000, exitCode, signal });
  underTest.startSupervisor();
  return before;
}

interface Expected {
  /** The program that was replaced. */
  readonly before: string;
  readonly program: string;
  readonly seenTimeoutMs: number;
}

/** How many processes run the new program, once none runs the old one any more; 0: that was never so. */
async function seen(
  { order }: DrillContext,
  { host }: HostUnderTest,
  { before, program, seenTimeoutMs }: Expected,
): Promise<number> {
  const { folder } = host.paths;
  const isSame = before === (await realpath(program));
  let sinceUs: number | null = null;
  const running = await waitFor(
    () => {
      const nowUs = monotonicUs();
      const processes = processesOfHost({ groupId: null, folder });
      const own = thoseRunning(program, processes).length;
      const isThere = own > 0 && (isSame || thoseRunning(before, processes).length === 0);
      sinceUs = isThere ? (sinceUs ?? nowUs) : null;
      return sinceUs !== null && (nowUs - sinceUs) / 1000 >= STEADY_MS ? own : null;
    },
    { timeoutMs: seenTimeoutMs, everyMs: 200, signal: order.signal },
  );
  return running ?? 0;
}
