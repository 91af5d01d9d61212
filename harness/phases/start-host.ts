import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SeedSummary } from '../fleet/seed.ts';
import { BlobMirror } from '../host/blob-mirror.ts';
import type { ControlGroup } from '../host/control-group.ts';
import { type RunningHost, startHost } from '../host/host.ts';
import { assertOpenFiles } from '../host/limits.ts';
import { ProtectionWatch } from '../host/protection-watch.ts';
import { SUPERVISOR } from '../host/protocol.ts';
import { prepareHost, startSupervisor } from '../host/subject.ts';
import { hasWalResetBug, walResetWarning } from '../litestream/sqlite-range.ts';
import { restoreRule } from '../litestream/version.ts';
import { lastLitestream } from '../planned-drill.ts';
import type { Store } from '../store/store.ts';
import { mirrorIntervalSec } from '../scenario/schema.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import { type HostLimits, openLimits } from './host-limit-fault.ts';
import { openDiskGroup } from './host-slow-disk-fault.ts';

/** A host with its supervisor running, watched from outside. */
export interface HostUnderTest {
  readonly host: RunningHost;
  readonly watch: ProtectionWatch;
  /** null: blobs are in S3. */
  readonly mirror: BlobMirror | null;
  readonly limits: HostLimits;
  /** null: its disk is not slowed down. */
  readonly diskGroup: ControlGroup | null;
  /** Starts the supervisor again, after an end that was ordered; from a new key on it has that one. */
  startSupervisor(key?: 'new-key'): void;
  /** The supervisor is about to be ended on purpose: that is not its failure. */
  expectSupervisorEnd(): void;
}

const FIRST_ROUND_TIMEOUT_MS = 60_000;

/** Starts the host and its supervisor; nothing writes yet. */
export async function startHostUnderTest(
  drill: DrillContext,
  store: Store,
  seeded: SeedSummary,
): Promise<HostUnderTest> {
  const { paths, resources, scenario, subject, recorder, found, order } = drill;
  await assertOpenFiles(seeded.databases + scenario.workload.newApps + scenario.workload.newRealms);
  // Before the host, so that its processes are gone when the limits are.
  const limits = await openLimits(drill);
  const diskGroup = await openDiskGroup(drill);
  const host = resources.use(await startHost(paths.host));
  // All that its leader starts from here on is in it as well.
  await diskGroup?.enter(host.groupId);
  const { replicateIntervalSec } = scenario.supervisor;
  await prepareHost(host.paths, {
    subject,
    bucket: store.writer.bucket,
    prefix: store.prefix,
    replicateIntervalSec,
  });
  const { version, sqlite } = order.litestream;
  if (hasWalResetBug(sqlite)) recorder.note('warn', walResetWarning(version, sqlite));
  found.hostStartUs = order.clock.nowUs();
  const log = join(paths.logs, 'supervisor.log');
  let ordered = false;
  let credential = store.writer;
  const start = (key?: 'new-key'): void => {
    ordered = false;
    if (key !== undefined) credential = store.rotatedWriter ?? credential;
    startSupervisor(host, subject, credential, log, limits.command);
  };
  start();
  host.listen((event) => {
    if (event.event !== 'exited' || event.name !== SUPERVISOR || found.kill !== null || ordered) return;
    const how = `${event.signal ?? `exit code ${event.exitCode}`}${lastWords(log)}`;
    // One that ends with 0 may have left its work to others; whether it did is for the bucket to say.
    if (event.exitCode === 0) recorder.note('warn', `the supervisor ended by itself (${how})`);
    else
      recorder.subjectFailed('supervisor-ended', `the supervisor ended by itself before the kill (${how})`);
  });
  const watch = resources.use(
    new ProtectionWatch(store, host.paths.dataDir, order.clock, restoreRule(lastLitestream(order))),
  );
  const mirror = await startMirror(drill, host);
  const expectSupervisorEnd = (): void => {
    ordered = true;
  };
  return { host, watch, mirror, limits, diskGroup, startSupervisor: start, expectSupervisorEnd };
}

/** What was there before the host started is in the mirror before anything else happens. */
async function startMirror(
  { scenario, resources, paths, order }: DrillContext,
  host: RunningHost,
): Promise<BlobMirror | null> {
  const intervalSec = mirrorIntervalSec(scenario);
  if (intervalSec === null) return null;
  const mirror = resources.use(new BlobMirror(host.paths.dataDir, paths.blobMirror, intervalSec * 1000));
  await waitFor(() => mirror.mirroredUpToUs ?? mirror.failure, {
    timeoutMs: FIRST_ROUND_TIMEOUT_MS,
    everyMs: 10,
    signal: order.signal,
  });
  return mirror;
}

const WORDS = 300;

/** What a supervisor said before it ended, its error or its last line, and where the rest is. */
export function lastWords(log: string): string {
  try {
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    const line = lines.findLast((text) => text.startsWith('[DRILL_E_')) ?? lines.at(-1) ?? '';
    return line === '' ? '' : `: ${line.slice(0, WORDS)} [${basename(dirname(log))}/${basename(log)}]`;
  } catch {
    return ''; // it never came so far as to have a log
  }
}
