import { join } from 'node:path';
import type { RunningHost } from '../host/host.ts';
import { ProtectionWatch } from '../host/protection-watch.ts';
import { prepareHost, startSupervisor } from '../host/subject.ts';
import { readLedger } from '../ledger/history.ts';
import { isSealIntact, sealLedger } from '../ledger/seal.ts';
import { lastLitestream } from '../planned-drill.ts';
import { durationMs } from '../scenario/schema.ts';
import { restoreRule } from '../litestream/version.ts';
import type { Store } from '../store/store.ts';
import { verifySecondLife } from '../verify/second-life.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import { noteEscaped, settleUploads } from './strike.ts';
import { ledgerFaults } from './ledger-witnesses.ts';
import { assertRunning, type FirstWrites, startWriters } from './writers.ts';
import { closeUploadWindow } from './upload-watch.ts';
import { type Recovered, restoreFromBucket } from './restore.ts';

const FIRST_WRITES_TIMEOUT_MS = 60_000;

/**
 * The new host goes live on the restored data and the same prefix: acknowledges a write in every database, becomes
 * protected again, dies too, and is restored once more. Both lives must be in that second restore.
 */
export async function liveAgain(drill: DrillContext, store: Store, recovered: Recovered): Promise<void> {
  const { host } = recovered;
  const { paths, scenario, subject, found, order, resources } = drill;
  const restored = recovered.records
    .filter((record) => record.outcome === 'restored')
    .map((record) => record.path);
  if (restored.length === 0) return; // nothing came back: the inventory says so
  const { replicateIntervalSec } = scenario.supervisor;
  await prepareHost(host.paths, {
    subject: { ...subject, litestream: lastLitestream(order).path },
    bucket: store.newWriter.bucket,
    prefix: store.prefix,
    replicateIntervalSec,
  });
  await closeUploadWindow(drill, store);
  found.newHostStarted = true;
  startSupervisor(host, subject, store.newWriter, join(paths.logs, 'supervisor-life-2.log'));
  await firstWrites(drill, recovered, restored);
  // It begins to look only now, so that what it sees covered includes the first writes.
  const watch = resources.use(
    new ProtectionWatch(store, host.paths.dataDir, order.clock, restoreRule(lastLitestream(order))),
  );
  await protectedAgain(drill, host, watch, restored);
  await watch[Symbol.asyncDispose]();
  const dead = host.kill();
  found.secondKill = dead.record;
  found.secondUploadsSettledUs = await settleUploads(drill, store);
  noteEscaped(drill, dead.record, 'the new host');
  found.secondSeal = await sealLedger(paths.secondLedger);
  await dead.loseDisk(paths.secondDeadDisk);
  const again = await restoreFromBucket(drill, store, dead, 2);
  found.secondRestores = again.records;
  if (found.verification === null || found.ledger === null) return;
  if (!(await isSealIntact(paths.secondLedger, found.secondSeal))) {
    drill.recorder.fault(
      'DRILL_E_LEDGER_DAMAGED',
      'the second ledger is not the one that was sealed at the kill',
    );
  }
  const secondLedger = await readLedger(paths.secondLedger);
  const witnesses = { killUs: dead.record.atUs, relayed: found.secondRelayed };
  for (const { code, message } of ledgerFaults(secondLedger, witnesses)) drill.recorder.fault(code, message);
  found.secondVerification = await verifySecondLife({
    restoredDir: again.host.paths.dataDir,
    first: found.verification,
    firstLedger: found.ledger,
    secondLedger,
    deadDataDir: host.paths.dataDir,
    killUs: dead.record.atUs,
    onProgress: (done, total, rows) => drill.recorder.progress(done, total, 'verified again', { rows }),
  });
}

async function firstWrites(
  drill: DrillContext,
  { host }: Recovered,
  restored: readonly string[],
): Promise<void> {
  const { found, order, paths, recorder } = drill;
  const option = {
    planPath: paths.plan,
    dataDir: host.paths.dataDir,
    writerIndex: 0,
    life: 2,
    writesPerSecond: 1000,
    durationMs: FIRST_WRITES_TIMEOUT_MS,
    mode: 'first-writes' as const,
    paths: [...restored],
  };
  const writers = await startWriters(drill, host, [option], paths.secondLedger);
  found.secondRelayed = writers.relayed;
  found.recovery.bootedUs = order.clock.nowUs();
  for (const name of writers.names) host.input(name, 'go\n');
  const done = await waitFor(
    () => {
      assertRunning(host, writers);
      return writers.firstWrites();
    },
    { timeoutMs: FIRST_WRITES_TIMEOUT_MS, everyMs: 10, signal: order.signal },
  );
  const acknowledged = (await readLedger(paths.secondLedger)).databases;
  found.firstWriteUs = new Map(
    [...acknowledged].flatMap(([path, history]) => {
      const ack = history.writes.find((write) => write.fate === 'acknowledged');
      return ack?.atUs == null ? [] : [[path, ack.atUs] as const];
    }),
  );
  if (done === null || done.failed.length > 0) {
    const [first] = done?.failed ?? [];
    const why =
      first === undefined ? `within ${FIRST_WRITES_TIMEOUT_MS / 1000} s` : `${first.path}: ${first.error}`;
    recorder.subjectFailed(
      'no-first-write',
      `the new host acknowledged a write in ${found.firstWriteUs.size} of ${restored.length} databases (${why})`,
      withoutFirstWrite(restored, found.firstWriteUs, done),
    );
    return;
  }
  found.recovery.firstWritesUs = Math.max(...found.firstWriteUs.values());
}

/** By their own acknowledgements, and by what the writer says of them. */
function withoutFirstWrite(
  restored: readonly string[],
  acknowledged: ReadonlyMap<string, number>,
  done: FirstWrites | null,
): string[] {
  const failed = new Set((done?.failed ?? []).map(({ path }) => path));
  return restored.filter((path) => failed.has(path) || !acknowledged.has(path));
}

async function protectedAgain(
  drill: DrillContext,
  host: RunningHost,
  watch: ProtectionWatch,
  restored: readonly string[],
): Promise<void> {
  const total = restored.length;
  const { scenario, order, recorder, found } = drill;
  const timeoutMs = durationMs(scenario.protection.timeout) + scenario.supervisor.replicateIntervalSec * 2000;
  await waitFor(
    () => {
      host.assertLed();
      recorder.progress(watch.protectedUs.size, total, 'protected again');
      return watch.protectedUs.size >= total ? true : null;
    },
    { timeoutMs, everyMs: 100, signal: order.signal },
  );
  found.protectedAgainUs = new Map(watch.protectedUs);
  if (watch.protectedUs.size >= total) {
    found.recovery.protectedAgainUs = Math.max(...watch.protectedUs.values());
    return;
  }
  if (watch.blindness !== null) {
    recorder.fault('DRILL_E_STORE_UNREACHABLE', `what is protected again cannot be seen: ${watch.blindness}`);
    return;
  }
  recorder.subjectFailed(
    'not-protected-again',
    `not protected again: ${total - watch.protectedUs.size} of ${total} databases within ${Math.round(timeoutMs / 1000)} s`,
    restored.filter((path) => !watch.protectedUs.has(path)),
  );
}
