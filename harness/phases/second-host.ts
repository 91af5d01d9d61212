import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillErrorCode } from '../errors.ts';
import type { Evidence } from '../evidence.ts';
import { type RunningHost, startHost } from '../host/host.ts';
import { SUPERVISOR } from '../host/protocol.ts';
import { prepareHost, startSupervisor, type Subject } from '../host/subject.ts';
import { durationMs } from '../scenario/schema.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext, SecondHost } from './context.ts';
import { assertRunning, startWriters } from './writers.ts';
import { runRestore } from './restore.ts';
import { lastWords } from './start-host.ts';
import type { TimedAction } from './timed-actions.ts';

const FAULT = 'second host';
const LEASED: DrillErrorCode = 'DRILL_E_SUPERVISOR_LEASED';
/** Marks what the second host has written, in the databases themselves: 1 is the first host, 2 the new one. */
const LIFE = 3;

/**
 * Split brain: a second host goes live on the prefix of the first while that one lives, with the same rustbase.toml and
 * the same keys. It is no part of what is judged: what comes back is held against the first host's ledger alone.
 */
export function secondHostActions(drill: DrillContext): TimedAction[] {
  const { secondHost } = drill.scenario;
  const { store } = drill.found;
  if (secondHost === undefined || store === null) return [];
  drill.found.faults.push({ id: FAULT, engaged: false, count: 0 });
  const atMs = durationMs(secondHost.at);
  const run = (): Promise<void> => goLive(drill, store, atMs, secondHost.writesPerSecond);
  return [{ id: FAULT, atMs, run }];
}

async function goLive(
  drill: DrillContext,
  store: Store,
  atMs: number,
  writesPerSecond: number,
): Promise<void> {
  const { paths, resources, scenario, subject, plan } = drill;
  await mkdir(paths.splitLedger, { recursive: true });
  const isOvertaken = (): boolean => drill.found.kill !== null;
  const host = resources.use(await startHost(paths.splitHost));
  drill.found.risingHost = host;
  if (isOvertaken()) return void host.kill();
  let databases = 0;
  await runRestore(drill, store, host, {
    // To the newest that there is, as the second restore of a drill.
    logName: 'restore-second-host.log',
    pointInTime: false,
    hear: (event) => {
      if (event.event === 'database' && event.record.outcome === 'restored') databases++;
    },
  });
  if (isOvertaken()) return;
  const { replicateIntervalSec } = scenario.supervisor;
  const { bucket } = store.writer;
  await prepareHost(host.paths, { subject, bucket, prefix: store.prefix, replicateIntervalSec });
  if (isOvertaken()) return;
  const log = join(paths.logs, 'supervisor-second-host.log');
  startSupervisor(host, subject, store.writer, log);
  const options = Array.from({ length: plan.writers }, (_, writerIndex) => ({
    planPath: paths.plan,
    dataDir: host.paths.dataDir,
    writerIndex,
    life: LIFE,
    writesPerSecond: writesPerSecond / plan.writers,
    durationMs: plan.durationMs,
    mode: 'load' as const,
  }));
  const writers = await startWriters(drill, host, options, paths.splitLedger);
  if (isOvertaken()) return;
  for (const name of writers.names) host.input(name, 'go\n');
  drill.found.secondHost = { host, atMs, databases, writers, log };
}

/** The disaster takes the second host too, however far it has come. Whether it ever was a rival is a matter of its writes. */
export function endSecondHost({ found, recorder, subject }: DrillContext): void {
  const { secondHost, risingHost } = found;
  if (risingHost === null) return;
  try {
    if (secondHost !== null) {
      assertRunning(risingHost, secondHost.writers);
      found.secondHostSeen = seen(secondHost);
    }
  } finally {
    for (const { pid, command } of risingHost.kill().record.survivors) {
      recorder.fault('DRILL_E_TIMEOUT', `process ${pid} of the second host could not be ended: ${command}`);
    }
  }
  if (secondHost === null) return;
  const { writers } = secondHost;
  const fault = found.faults.find(({ id }) => id === FAULT);
  if (fault === undefined) return;
  fault.count = writers.acknowledged();
  fault.engaged = fault.count > 0 && isRival(secondHost, subject);
}

/**
 * Whether there were two who wanted to replicate. Ours ends because of the other one's lease, or was none; why another one
 * has ended is its own to know.
 */
export function isRival(
  { host, log }: { readonly host: Pick<RunningHost, 'exitOf'>; readonly log: string },
  subject: Subject,
): boolean {
  return subject.supervisor !== null || host.exitOf(SUPERVISOR) === null || lastWords(log).includes(LEASED);
}

/** The second host as evidence, with what has become of its supervisor. */
function seen({ host, atMs, databases, writers, log }: SecondHost): NonNullable<Evidence['secondHost']> {
  const exit = host.exitOf(SUPERVISOR);
  const supervisor =
    exit === null ? 'it runs' : `${exit.signal ?? `exit code ${exit.exitCode}`}${lastWords(log)}`;
  return { atMs, databases, acknowledged: writers.acknowledged(), supervisor };
}
