import { realpathSync, readlinkSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DrillError } from '../errors.ts';
import type { RunningHost } from '../host/host.ts';
import { processesOfHost } from '../host/process-scan.ts';
import { isGone, isStopped, processState } from '../host/process-state.ts';
import { SUPERVISOR } from '../host/protocol.ts';
import { endsSupervisorInOrder, type HostFreeze, type HostKill } from '../scenario/host-fault.ts';
import { durationMs } from '../scenario/schema.ts';
import { waitFor } from '../waiting.ts';
import { type FaultRecord, type HostScene, livesAfter } from './host-scene.ts';
import { noteOrderedStop } from './ordered-stop.ts';

/** The writer that a fault of one writer strikes. */
const WRITER = 'writer-0';
/** So long a killed Litestream may be away until its supervisor has started another. */
const THERE_WITHIN_MS = 10_000;
const GONE_WITHIN_MS = { SIGKILL: 5000, SIGTERM: 30_000 };
const LOOK_MS = 5;

/** A process that a fault strikes: one that comes later under the same id is another. */
interface Struck {
  readonly pid: number;
  readonly started: string;
}

/** Ends a process, so often, and starts it again where the scenario says so. */
export async function killProcesses(scene: HostScene, fault: HostKill, record: FaultRecord): Promise<void> {
  for (let round = 0; round < fault.times; round++) {
    if (round > 0 && !(await livesAfter(scene, durationMs(fault.every)))) return;
    if (!(await killOnce(scene, fault, record))) return;
    record.count++;
    if (fault.startAgainAfter !== undefined) {
      if (!(await livesAfter(scene, durationMs(fault.startAgainAfter)))) return;
      await startAgain(scene, fault);
    }
  }
  record.engaged = true;
}

/** False: it was not there to be ended, or the disaster came first. */
async function killOnce(scene: HostScene, fault: HostKill, record: FaultRecord): Promise<boolean> {
  const { drill, underTest, writers } = scene;
  const { process: which, signal } = fault;
  const found = await present(scene, which);
  if (found === null || drill.found.kill !== null) return false;
  // One that has Litestream take its own place ends with it.
  const isSupervisor = found.some(({ pid }) => pid === underTest.host.pidOf(SUPERVISOR));
  if (isSupervisor) underTest.expectSupervisorEnd();
  if (which === 'writer') writers.expectEnd(WRITER, signal);
  // In good order the supervisor ends what it has started.
  const told = signal === 'SIGTERM' && which === 'replication' ? supervisorOf(underTest.host) : found;
  const orderedUs = drill.order.clock.nowUs();
  for (const { pid } of told) send(pid, signal);
  const gone = (): true | null => {
    if (which !== 'replication') return found.every(({ pid, started }) => isGone(pid, started)) || null;
    const left = processesOf(underTest.host, which);
    if (signal === 'SIGKILL') for (const { pid } of left) send(pid, signal);
    return left.length === 0 || null;
  };
  const ended = await waitFor(gone, {
    timeoutMs: GONE_WITHIN_MS[signal],
    everyMs: LOOK_MS,
    signal: drill.order.signal,
  });
  const tookMs = (drill.order.clock.nowUs() - orderedUs) / 1000;
  if (endsSupervisorInOrder(fault)) await noteStop(scene, record, ended === true, tookMs);
  if (ended === null && drill.found.kill === null) {
    if (signal === 'SIGKILL') throw notEnded(which);
    const limitSec = GONE_WITHIN_MS.SIGTERM / 1000;
    drill.recorder.subjectFailed('did-not-end', `the ${which} did not end within ${limitSec} s of SIGTERM`);
  }
  return ended === true && drill.found.kill === null;
}

/** The disaster overtakes an end as well: of that there is nothing to tell. */
async function noteStop(
  { drill, underTest: { host } }: HostScene,
  record: FaultRecord,
  hasEnded: boolean,
  tookMs: number,
): Promise<void> {
  const { order, found } = drill;
  const told = { timeoutMs: GONE_WITHIN_MS.SIGKILL, everyMs: LOOK_MS, signal: order.signal };
  // How it ended is its leader's to tell.
  if (hasEnded) await waitFor(() => host.exitOf(SUPERVISOR) ?? found.kill, told);
  if (found.kill !== null) return;
  const exit = host.exitOf(SUPERVISOR);
  if (hasEnded && exit === null) throw notEnded('supervisor');
  noteOrderedStop(drill, record, {
    tookMs,
    exitCode: exit?.exitCode ?? null,
    signal: exit?.signal ?? null,
  });
}

async function startAgain(
  { drill, underTest, writers }: HostScene,
  { process: which, startAgainWith }: HostKill,
): Promise<void> {
  const { host } = underTest;
  const name = which === 'writer' ? WRITER : SUPERVISOR;
  // Its leader has to have heard of the end, or it would take the new one for the old.
  const { signal } = drill.order;
  const timeoutMs = GONE_WITHIN_MS.SIGKILL;
  const exit = await waitFor(() => host.exitOf(name), { timeoutMs, everyMs: LOOK_MS, signal });
  if (exit === null) throw notEnded(which);
  if (which !== 'writer') underTest.startSupervisor(startAgainWith);
  else await writers.startAgain(WRITER, Math.max(0, leftOfLoadMs(drill)));
}

function leftOfLoadMs({ plan, found, order }: HostScene['drill']): number {
  return plan.durationMs - (order.clock.nowUs() - (found.loadStartUs ?? 0)) / 1000;
}

/** Stops a process, and has it go on after a while or never. It must be seen to stand still at both ends of that time. */
export async function freeze(scene: HostScene, fault: HostFreeze, record: FaultRecord): Promise<void> {
  const found = await present(scene, fault.process);
  if (found === null || scene.drill.found.kill !== null) return;
  for (const { pid } of found) send(pid, 'SIGSTOP');
  const stand = (): boolean => found.every(({ pid, started }) => isStopped(pid, started));
  const { signal } = scene.drill.order;
  if ((await waitFor(() => stand() || null, { timeoutMs: 1000, everyMs: 1, signal })) === null) return;
  record.count = found.length;
  // Whoever watches over it may have ended it for that: then it did nothing until its end.
  const stoodStill = (): boolean =>
    found.every(({ pid, started }) => isStopped(pid, started) || isGone(pid, started));
  if (fault.for === undefined) {
    scene.atTheKill(() => {
      record.engaged = stoodStill();
    });
    return;
  }
  if (!(await livesAfter(scene, durationMs(fault.for)))) return;
  const stillStood = stoodStill();
  for (const { pid, started } of found) if (!isGone(pid, started)) send(pid, 'SIGCONT');
  record.engaged = stillStood && found.every(({ pid, started }) => !isStopped(pid, started));
}

/** The processes that are meant, once all of them are there; null: they do not come. */
async function present(
  { drill, underTest }: HostScene,
  which: HostKill['process'],
): Promise<Struck[] | null> {
  return waitFor(
    () => {
      const found = processesOf(underTest.host, which);
      return found.length > 0 || drill.found.kill !== null ? found : null;
    },
    { timeoutMs: THERE_WITHIN_MS, everyMs: LOOK_MS, signal: drill.order.signal },
  );
}

function processesOf(host: RunningHost, which: HostKill['process']): Struck[] {
  switch (which) {
    case 'supervisor':
      return supervisorOf(host);
    case 'writer':
      return struck([host.pidOf(WRITER)]);
    case 'litestream':
      return struck(litestreamsOf(host));
    case 'replication':
      return struck(othersOf(host));
    default:
      return which satisfies never;
  }
}

function supervisorOf(host: RunningHost): Struck[] {
  return struck([host.pidOf(SUPERVISOR)]);
}

function struck(pids: readonly (number | null)[]): Struck[] {
  return pids.flatMap((pid) => {
    if (pid === null) return [];
    const now = processState(pid);
    return now === null || isGone(pid, now.started) ? [] : [{ pid, started: now.started }];
  });
}

/** The Litestreams that replicate on a host, by their process ids. */
export function litestreamsOf(host: RunningHost): number[] {
  return othersOf(host).filter((pid) => isLitestream(pid, join(host.paths.binDir, 'litestream')));
}

/** All that is not the drill's own: the supervisor, and whatever it has started. */
function othersOf(host: RunningHost): number[] {
  const own = new Set([host.groupId, ...host.ownPids()]);
  return processesOfHost({ groupId: host.groupId, folder: host.paths.folder })
    .map(({ pid }) => pid)
    .filter((pid) => !own.has(pid));
}

/** The program that the host was given, or one of that name, while it replicates. */
function isLitestream(pid: number, installed: string): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const program = readlinkSync(`/proc/${pid}/exe`);
    const isIt = program === realpathSync(installed) || basename(args[0] ?? '') === 'litestream';
    return isIt && args.includes('replicate');
  } catch {
    return false; // it ended while we looked
  }
}

function send(pid: number, signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself; whether it did is looked at.
  }
}

function notEnded(which: string): DrillError {
  return new DrillError('DRILL_E_TIMEOUT', {
    what: `the ${which} could not be ended for a fault`,
    why: `it was still there ${GONE_WITHIN_MS.SIGKILL / 1000} s after SIGKILL`,
    fix: 'look whether the machine has time for its processes, and try again',
    exit: 3,
  });
}
