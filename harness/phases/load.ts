import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wallOffsetMs } from '../clock.ts';
import { StoreAlarmWatch } from '../host/store-alarm.ts';
import { refusesTheHost } from '../scenario/store-fault.ts';
import { SubjectWatch } from '../host/subject-watch.ts';
import type { S3Settings } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import type { WriterOptions } from '../workload/options.ts';
import { blobSettings } from './blob-bucket.ts';
import type { DrillContext } from './context.ts';
import { FirstSync } from './first-sync.ts';
import { hostFaults } from './host-faults.ts';
import type { HostUnderTest } from './start-host.ts';
import { beginStoreFaults } from './store-faults.ts';
import { type TimedAction, TimedActions } from './timed-actions.ts';
import { upgradeActions } from './upgrade.ts';
import { UploadStall } from './upload-stall.ts';
import { assertRunning, startWriters } from './writers.ts';

const PROGRESS_MS = 250;
const AWAITED_MS = 20;

/** Writes under load until the instant of the kill, chosen by the seed or by what the bucket shows. Returns at that instant, writers running. */
export async function runLoad(
  drill: DrillContext,
  store: Store,
  underTest: HostUnderTest,
  others: readonly TimedAction[] = [],
): Promise<void> {
  const { plan, scenario, order, recorder } = drill;
  const { host } = underTest;
  const { writers: count, writesPerSecond } = plan;
  const blobBucket = scenario.blobs.backend === 's3' ? blobSettings(store, store.writer) : null;
  const options = Array.from(
    { length: count },
    (_, writerIndex): WriterOptions => ({
      planPath: drill.paths.plan,
      dataDir: host.paths.dataDir,
      writerIndex,
      life: 1,
      writesPerSecond: writesPerSecond / count,
      durationMs: plan.durationMs,
      mode: 'load',
      shared: scenario.faults.some(({ kind }) => kind === 'host-second-writer'),
      ...(blobBucket === null ? {} : { blobBucket: withoutCredential(blobBucket) }),
    }),
  );
  const writers = await startWriters(drill, host, options, drill.paths.ledger, blobBucket);
  drill.found.relayed = writers.relayed;
  const awaited = awaitedInstant(drill, store);
  const startUs = order.clock.nowUs();
  drill.found.loadStartUs = startUs;
  drill.found.wallOffsetMs = wallOffsetMs(order.clock);
  const alarm = await storeAlarm(drill, host.paths.dataDir);
  await beginStoreFaults(drill, store, 'writer', startUs);
  for (const name of writers.names) host.input(name, 'go\n');
  const subjectWatch = drill.resources.use(new SubjectWatch(order.clock, host));
  const faults = hostFaults(drill, underTest, writers);
  const actions = new TimedActions([...upgradeActions(drill, underTest), ...faults.actions, ...others]);
  for (;;) {
    const elapsedMs = (order.clock.nowUs() - startUs) / 1000;
    const nextMs = actions.startDue(elapsedMs);
    actions.assertWell();
    recorder.progress(tenths(Math.min(elapsedMs, plan.killAfterMs)), tenths(plan.killAfterMs), 's', {
      acknowledged: writers.acknowledged(),
    });
    assertRunning(host, writers);
    if (elapsedMs >= plan.killAfterMs || awaited?.isThere === true) {
      awaited?.stop();
      alarm?.stop();
      faults.lookAtTheKill();
      drill.found.subjectUse = subjectWatch.end();
      return;
    }
    const lookMs = awaited === null ? PROGRESS_MS : AWAITED_MS;
    const pauseMs = Math.min(lookMs, nextMs, plan.killAfterMs - elapsedMs);
    await sleep(pauseMs, undefined, { signal: order.signal });
  }
}

/** What the supervisor tells of a bucket that will refuse it; null: none will. */
async function storeAlarm(drill: DrillContext, dataDir: string): Promise<StoreAlarmWatch | null> {
  if (!drill.scenario.faults.some(refusesTheHost)) return null;
  const { clock } = drill.order;
  const watch = drill.resources.use(
    await StoreAlarmWatch.open(join(dataDir, 'litestream-status.json'), clock),
  );
  drill.found.storeAlarm = watch;
  return watch;
}

/** What the disaster waits for; null: the clock alone. */
function awaitedInstant(drill: DrillContext, store: Store): FirstSync | UploadStall | null {
  const { disaster } = drill.scenario;
  if (disaster.at === 'first-sync') return drill.resources.use(new FirstSync(drill, store));
  if (disaster.at !== 'upload-stall' || disaster.uploadStall === undefined) return null;
  return drill.resources.use(new UploadStall(drill, store, disaster.uploadStall));
}

function tenths(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function withoutCredential(settings: S3Settings): NonNullable<WriterOptions['blobBucket']> {
  const { endpoint, region, bucket, forcePathStyle } = settings;
  return { endpoint, region, bucket, forcePathStyle };
}
